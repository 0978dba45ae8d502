"""Instructor: objects by tools and by response formats, whole and in part, and calls of several tools."""

from collections.abc import Iterable

import instructor
from openai import OpenAI
from pydantic import BaseModel

import visitor
from visitor import serve


class Person(BaseModel):
    name: str
    age: int


class add(BaseModel):
    """Adds two numbers."""

    a: int
    b: int


class multiply(BaseModel):
    """Multiplies two numbers."""

    a: int
    b: int


def client(url: str, mode: instructor.Mode):
    plain = OpenAI(base_url=url, api_key="unused", max_retries=0)
    return plain, instructor.from_openai(plain, mode=mode)


def agent(url: str, model: str, plan: str, stream: bool):
    """Instructor has no agent: it reads calls, which are run by hand, and it does not stream them."""
    plain, asked = client(url, instructor.Mode.PARALLEL_TOOLS)
    messages, turns = [{"role": "user", "content": plan}], 1
    for _ in range(2):
        turns += 1
        calls = list(
            asked.chat.completions.create(
                model=model,
                messages=messages,
                response_model=Iterable[add | multiply],
                max_retries=0,
            )
        )
        described = [
            {
                "id": f"call-{turns}-{number}",
                "type": "function",
                "function": {"name": type(call).__name__, "arguments": call.model_dump_json()},
            }
            for number, call in enumerate(calls)
        ]
        messages.append({"role": "assistant", "content": None, "tool_calls": described})
        for call, told in zip(calls, described):
            result = getattr(visitor, type(call).__name__)(call.a, call.b)
            messages.append({"role": "tool", "tool_call_id": told["id"], "content": str(result)})
    last = plain.chat.completions.create(model=model, messages=messages, stream=stream)
    if stream:
        said = "".join(chunk.choices[0].delta.content or "" for chunk in last if chunk.choices)
    else:
        said = last.choices[0].message.content
    return {"said": said, "turns": turns}


def structured(url: str, model: str, plan: str, way: str):
    mode = getattr(instructor.Mode, way.removesuffix("_PARTIAL"))
    _, asked = client(url, mode)
    body = {"model": model, "messages": [{"role": "user", "content": plan}], "max_retries": 0}
    if way.endswith("_PARTIAL"):
        *_, last = asked.chat.completions.create_partial(response_model=Person, **body)
        return last.model_dump()
    return asked.chat.completions.create(response_model=Person, **body).model_dump()


serve(agent, structured)
