"""LiteLLM: completions with tools, streamed ones put together again, structured answers."""

import json

import litellm
from pydantic import BaseModel

from visitor import add, multiply, serve


class Person(BaseModel):
    name: str
    age: int


FUNCTIONS = {"add": add, "multiply": multiply}
NUMBERS = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    "required": ["a", "b"],
}
TOOLS = [
    {"type": "function", "function": {"name": name, "description": name, "parameters": NUMBERS}}
    for name in FUNCTIONS
]


def complete(url: str, model: str, messages: list, stream: bool, **more):
    answer = litellm.completion(
        model="openai/" + model,
        api_base=url,
        api_key="unused",
        messages=messages,
        stream=stream,
        num_retries=0,
        **more,
    )
    if stream:
        answer = litellm.stream_chunk_builder(list(answer), messages=messages)
    return answer.choices[0]


def agent(url: str, model: str, plan: str, stream: bool):
    messages, turns = [{"role": "user", "content": plan}], 0
    while True:
        turns += 1
        choice = complete(url, model, messages, stream, tools=TOOLS)
        messages.append(choice.message.model_dump(exclude_none=True))
        if not choice.message.tool_calls:
            assert choice.finish_reason == "stop", choice.finish_reason
            return {"said": choice.message.content, "turns": turns}
        assert choice.finish_reason == "tool_calls", choice.finish_reason
        for call in choice.message.tool_calls:
            result = FUNCTIONS[call.function.name](**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": str(result)})


def structured(url: str, model: str, plan: str, way: str):
    messages = [{"role": "user", "content": plan}]
    formats = {"class": Person, "json_object": {"type": "json_object"}}
    choice = complete(url, model, messages, False, response_format=formats[way])
    return Person.model_validate_json(choice.message.content).model_dump()


serve(agent, structured)
