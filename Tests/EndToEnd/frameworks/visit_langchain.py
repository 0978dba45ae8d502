"""LangChain: models with tools bound, agents (which are graphs of LangGraph), structured answers."""

from langchain.agents import create_agent
from langchain_core.messages import AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from visitor import add, multiply, serve


class Person(BaseModel):
    """Somebody."""

    name: str
    age: int


TOOLS = [tool(add), tool(multiply)]


def chat(url: str, model: str, **more) -> ChatOpenAI:
    return ChatOpenAI(base_url=url, api_key="unused", model=model, max_retries=0, **more)


def bound(url: str, model: str, plan: str, stream: bool):
    """Without an agent: calls are run by hand."""
    asked = chat(url, model).bind_tools(TOOLS)
    messages, turns = [HumanMessage(plan)], 0
    while True:
        turns += 1
        if stream:
            answer = AIMessageChunk(content="")
            for chunk in asked.stream(messages):
                answer += chunk
        else:
            answer = asked.invoke(messages)
        messages.append(answer)
        if not answer.tool_calls:
            return {"said": answer.content, "turns": turns}
        for call in answer.tool_calls:
            named = {one.name: one for one in TOOLS}[call["name"]]
            result = named.invoke(call["args"])
            messages.append(ToolMessage(str(result), tool_call_id=call["id"]))


def agent(url: str, model: str, plan: str, stream: bool):
    graph = create_agent(chat(url, model, streaming=stream), TOOLS, system_prompt="Be brief.")
    question = {"messages": [HumanMessage(plan)]}
    if not stream:
        messages = graph.invoke(question)["messages"]
        said = messages[-1].content
        return {"said": said, "turns": sum(message.type == "ai" for message in messages)}
    said: dict[str, str] = {}
    for chunk, _ in graph.stream(question, stream_mode="messages"):
        if isinstance(chunk, AIMessageChunk):
            said[chunk.id] = said.get(chunk.id, "") + str(chunk.text)
    return {"said": list(said.values())[-1], "turns": len(said)}


def structured(url: str, model: str, plan: str, way: str):
    asked = chat(url, model).with_structured_output(Person, method=way)
    return asked.invoke(plan).model_dump()


def structured_agent(url: str, model: str, plan: str, way: str):
    graph = create_agent(chat(url, model), TOOLS, response_format=Person)
    return graph.invoke({"messages": [HumanMessage(plan)]})["structured_response"].model_dump()


serve(bound, agent, structured, structured_agent)
