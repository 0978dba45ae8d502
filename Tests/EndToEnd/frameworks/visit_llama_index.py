"""LlamaIndex: a function agent over an endpoint like OpenAI's, and structured predictions."""

import asyncio

from llama_index.core.agent.workflow import AgentOutput, FunctionAgent
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel

from visitor import add, multiply, serve


class Person(BaseModel):
    """Somebody."""

    name: str
    age: int


def chat(url: str, model: str) -> OpenAILike:
    return OpenAILike(
        model=model,
        api_base=url,
        api_key="unused",
        is_chat_model=True,
        is_function_calling_model=True,
        max_retries=0,
    )


def agent(url: str, model: str, plan: str, stream: bool):
    tools = [FunctionTool.from_defaults(fn=function) for function in (add, multiply)]

    async def run():
        helper = FunctionAgent(
            tools=tools, llm=chat(url, model), system_prompt="Be brief.", streaming=stream
        )
        handler = helper.run(user_msg=plan)
        turns = 0
        async for event in handler.stream_events():
            turns += isinstance(event, AgentOutput)
        return {"said": (await handler).response.content, "turns": turns}

    return asyncio.run(run())


def structured(url: str, model: str, plan: str, way: str):
    asked = {"text": plan}
    template = PromptTemplate("{text}")
    if way == "streamed":
        *_, last = chat(url, model).stream_structured_predict(Person, template, **asked)
        return last.model_dump()
    return chat(url, model).structured_predict(Person, template, **asked).model_dump()


serve(agent, structured)
