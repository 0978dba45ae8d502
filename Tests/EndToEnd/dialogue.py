"""Talking with models that call tools: declarations, the functions behind them, and whole dialogues."""

import json
from dataclasses import dataclass, field

FAMILIES = ("glm", "qwen", "hermes")
NUMBER = {"type": "number"}


def model_of(family: str) -> str:
    return f"e2ee-{family}-tools-p"


def declared(name: str, description: str, **properties) -> dict:
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


ADD = declared("add", "Adds two numbers", a=NUMBER, b=NUMBER)
MULTIPLY = declared("multiply", "Multiplies two numbers", a=NUMBER, b=NUMBER)
REPEAT = declared("repeat", "Repeats a text", text={"type": "string"})
TOOLS = [ADD, MULTIPLY, REPEAT]
FUNCTIONS = {
    "add": lambda a, b: str(a + b),
    "multiply": lambda a, b: str(a * b),
    "repeat": lambda text: text,
}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


def as_person(**more) -> dict:
    return {"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON, **more}}


@dataclass
class Call:
    id: str
    name: str
    arguments: str

    def in_history(self) -> dict:
        function = {"name": self.name, "arguments": self.arguments}
        return {"id": self.id, "type": "function", "function": function}

    def run(self) -> dict:
        result = FUNCTIONS[self.name](**json.loads(self.arguments))
        return {"role": "tool", "tool_call_id": self.id, "content": result}


@dataclass
class Answer:
    """One choice of an answer, streamed or not."""

    content: str | None = None
    calls: list[Call] = field(default_factory=list)
    function_call: dict | None = None
    finish: str | None = None
    usage: dict | None = None
    reasoning: str = ""

    @property
    def named(self) -> list[tuple[str, dict]]:
        return [(call.name, json.loads(call.arguments)) for call in self.calls]

    def in_history(self) -> dict:
        calls = {"tool_calls": [call.in_history() for call in self.calls]} if self.calls else {}
        return {"role": "assistant", "content": self.content, **calls}


def ask(client, stream: bool = False, **body) -> Answer:
    """The first choice of the answer to this request."""
    return choices(client, stream, **body)[0]


def choices(client, stream: bool = False, **body) -> list[Answer]:
    if stream:
        return gathered(
            client.chat.completions.create(
                **body, stream=True, stream_options={"include_usage": True}
            )
        )
    whole = client.chat.completions.create(**body)
    usage = whole.usage and whole.usage.model_dump(exclude_none=True)
    assert [choice.index for choice in whole.choices] == list(range(len(whole.choices)))
    return [
        Answer(
            choice.message.content,
            [
                Call(call.id, call.function.name, call.function.arguments)
                for call in choice.message.tool_calls or []
            ],
            choice.message.function_call and choice.message.function_call.model_dump(),
            choice.finish_reason,
            usage,
            getattr(choice.message, "reasoning_content", None) or "",
        )
        for choice in whole.choices
    ]


def gathered(chunks) -> list[Answer]:
    """The choices of a stream; every delta has to have the shape that clients build on."""
    answers: dict[int, Answer] = {}
    usage = None
    for chunk in chunks:
        if chunk.usage:
            usage = chunk.usage.model_dump(exclude_none=True)
        for choice in chunk.choices:
            answer = answers.setdefault(choice.index, Answer())
            assert answer.finish is None, "a choice goes on after its finish_reason"
            delta, answer.finish = choice.delta, choice.finish_reason
            if delta.content is not None:
                answer.content = (answer.content or "") + delta.content
            answer.reasoning += getattr(delta, "reasoning_content", None) or ""
            if delta.function_call:
                before = answer.function_call or {"name": delta.function_call.name, "arguments": ""}
                before["arguments"] += delta.function_call.arguments or ""
                answer.function_call = before
            for piece in delta.tool_calls or []:
                add_piece(answer, piece)
    assert all(answer.finish for answer in answers.values())
    for answer in answers.values():
        answer.usage = usage
    return [answers[index] for index in range(len(answers))]


def add_piece(answer: Answer, piece):
    if piece.index == len(answer.calls):
        assert piece.id and piece.type == "function", "a call begins with its id and type"
        assert piece.function.name and piece.function.arguments == ""
        answer.calls.append(Call(piece.id, piece.function.name, ""))
    else:
        assert piece.index == len(answer.calls) - 1, "calls come one after the other"
        assert piece.id is None and piece.type is None and piece.function.name is None
        answer.calls[-1].arguments += piece.function.arguments


def converse(client, model: str, plan: str, stream: bool = False, **more) -> list[Answer]:
    """The answers of a dialogue in which every call is run, until one has no calls."""
    messages = [{"role": "user", "content": plan}]
    answers: list[Answer] = []
    more.setdefault("tools", TOOLS)
    while not answers or answers[-1].calls:
        assert len(answers) < 9, "the dialogue does not end"
        answers.append(ask(client, stream, model=model, messages=messages, **more))
        messages += [answers[-1].in_history(), *(call.run() for call in answers[-1].calls)]
    return answers


def summed(usages: list[dict]) -> dict:
    return {name: sum(usage[name] for usage in usages) for name in usages[0]}
