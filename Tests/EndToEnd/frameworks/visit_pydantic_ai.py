"""Pydantic AI: agents with tools, and answers that are objects in each of its ways."""

import asyncio

from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput, PromptedOutput, ToolOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from visitor import add, multiply, serve


class Person(BaseModel):
    name: str
    age: int


WAYS = {"tool": ToolOutput, "native": NativeOutput, "prompted": PromptedOutput}


def chat(url: str, model: str) -> OpenAIChatModel:
    return OpenAIChatModel(model, provider=OpenAIProvider(base_url=url, api_key="unused"))


def agent(url: str, model: str, plan: str, stream: bool):
    helper = Agent(chat(url, model), tools=[add, multiply], instructions="Be brief.")

    async def whole():
        result = await helper.run(plan)
        return {"said": result.output, "turns": result.usage.requests}

    async def streamed():
        async with helper.run_stream(plan) as result:
            pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
            return {"said": "".join(pieces), "turns": result.usage.requests}

    return asyncio.run(streamed() if stream else whole())


def structured(url: str, model: str, plan: str, way: str):
    helper = Agent(chat(url, model), output_type=WAYS[way](Person), retries=0)
    return asyncio.run(helper.run(plan)).output.model_dump()


serve(agent, structured)
