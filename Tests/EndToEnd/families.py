"""Models that call tools, each family in its own syntax: what stands behind `e2ee-…-tools-p`.

A brain reads the opened conversation as the proxy is to render it, and keeps a list of `violations`:
what a correct proxy never renders. What it answers the test says in a user text, since an agent
framework lets its user choose no more than the prompt and the tools:

    plan: add {"a":2,"b":3} & add {"a":4,"b":5} ; multiply {"a":"$1","b":"$2"} ; say it is $3

Steps stand between ` ; `. The brain counts the tool responses behind the plan to know its step. `$k` is
the k-th of them. A step is any of

    NAME {…}        a call; `&` before another one is for the reader
    say TEXT        the rest of the step is the answer
    json VALUE      the answer is this value (asked for with a response format)
    "TEXT"          prose, before, between or after calls
    think "TEXT"    reasoning

Behind `plan` may stand `!HABIT`, a mistake in the first attempt alone, `!!HABIT`, in every attempt, and
`/N`, pieces of N bytes. HABITS and OUTPUT_HABITS have the mistakes.
"""

import json
import re
from dataclasses import dataclass, field

CORRECTION = "Your last answer could not be used: "
PLAN = re.compile(r"\bplan((?:!!?[a-z-]+)?)((?:/\d+)?): *")
SECTION = r"(?:\A|\n\n)# {}\n"
RESPONSE = re.compile(r"<tool_response>\n(.*?)\n</tool_response>(?:\n(?=<tool_response>)|\Z)", re.S)
JSON_CALL = re.compile(r'<tool_call>\n(\{"name": "[^"]+", "arguments": .*?\})\n</tool_call>', re.S)
PAIRS_CALL = re.compile(
    r"<tool_call>([^\s<]+)((?:<arg_key>[^<]*</arg_key><arg_value>.*?</arg_value>)*)</tool_call>", re.S
)
PAIR = re.compile(r"<arg_key>(.*?)</arg_key><arg_value>(.*?)</arg_value>", re.S)
ARITHMETIC = {"add": lambda a, b: a + b, "multiply": lambda a, b: a * b}


def text_of(content) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return content or ""


# How each family writes a call


def json_call(name: str, arguments: dict) -> str:
    body = {"name": name, "arguments": arguments}
    return f"<tool_call>\n{json.dumps(body, ensure_ascii=False)}\n</tool_call>"


def pairs_of(arguments: dict) -> str:
    return "".join(
        f"<arg_key>{key}</arg_key>\n<arg_value>{raw(value)}</arg_value>\n"
        for key, value in arguments.items()
    )


def pairs_call(name: str, arguments: dict) -> str:
    return f"<tool_call>{name}\n{pairs_of(arguments)}</tool_call>"


def raw(value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def body_of(call: str) -> str:
    return call.removeprefix("<tool_call>").removesuffix("</tool_call>")


def wrapped(body: str) -> str:
    return f"<tool_call>{body}</tool_call>"


def in_json(change):
    """A mistake that only JSON knows; a model of pairs makes it when it slips into JSON."""
    return lambda _, name, arguments: change(json_call(name, arguments))


HABITS = {
    "missing-brace": in_json(lambda call: call.replace("}\n</tool_call>", "\n</tool_call>")),
    "trailing-comma": in_json(lambda call: call.replace("}\n</tool_call>", ",}\n</tool_call>")),
    "single-quotes": in_json(lambda call: call.replace('"', "'")),
    "extra-member": in_json(lambda call: call.replace('{"name"', '{"why": "so", "name"', 1)),
    "array": in_json(lambda call: wrapped("[" + body_of(call).strip() + "]")),
    "both-members": in_json(
        lambda call: call.replace('"arguments"', '"parameters": {}, "arguments"', 1)
    ),
    "prose-inside": in_json(lambda call: wrapped("Here it is: " + body_of(call))),
    "fence-inside": in_json(lambda call: wrapped(f"\n```json{body_of(call)}```\n")),
    "double-encoded": in_json(lambda call: wrapped(json.dumps(body_of(call).strip()))),
    "function-syntax": lambda _, name, arguments: wrapped(
        f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"
    ),
    "wrong-case": lambda write, name, arguments: write(name.upper(), arguments),
    "unknown-tool": lambda write, name, arguments: write("no_such_tool", arguments),
    "unknown-argument": lambda write, name, arguments: write(name, arguments | {"extra_argument": "x"}),
    "missing-argument": lambda write, name, arguments: write(name, dict(list(arguments.items())[1:])),
    "numbers-in-words": lambda write, name, arguments: write(name, {key: "one" for key in arguments}),
    "key-without-value": lambda _, name, arguments: wrapped(
        name + "".join(f"<arg_key>{key}</arg_key>" for key in arguments)
    ),
    "key-twice": lambda _, name, arguments: wrapped(name + 2 * pairs_of(arguments)),
}
OUTPUT_HABITS = {
    "output-fenced": lambda value: f"```json\n{json.dumps(value, indent=2)}\n```",
    "output-prose": lambda value: f"Here you are: {json.dumps(value)}",
    "output-cut": lambda value: json.dumps(value)[:-1],
    "output-wrong": lambda value: json.dumps(dict.fromkeys(value, [])),
    "output-quoted": lambda value: json.dumps(json.dumps(value)),
}


@dataclass
class Step:
    parts: list[tuple[str, object]] = field(default_factory=list)  # (kind, what)
    thoughts: str = ""

    @property
    def calls(self) -> int:
        return sum(kind == "call" for kind, _ in self.parts)


def read_steps(text: str) -> list[Step]:
    """The steps of a plan. A text that is none of the language is the test's mistake."""
    decoder, steps, step = json.JSONDecoder(), [], Step()
    while text := text.lstrip(" \n&"):
        if text[0] == ";":
            steps, step, text = [*steps, step], Step(), text[1:]
        elif text[0] == '"':
            prose, end = decoder.raw_decode(text)
            step.parts.append(("prose", prose))
            text = text[end:]
        else:
            word, _, text = text.partition(" ")
            if word == "say":
                said, _, rest = text.partition(" ; ")
                step.parts.append(("prose", said))
                text = "; " + rest if rest else ""
                continue
            value, end = decoder.raw_decode(text.lstrip())
            text = text.lstrip()[end:]
            if word == "think":
                step.thoughts += value
            elif word == "json":
                step.parts.append(("json", value))
            else:
                step.parts.append(("call", (word, value)))
    return [*steps, step]


def filled(value, responses: list[str]):
    """The value with every `$k` replaced by the k-th response, read as JSON where it is JSON."""
    if isinstance(value, dict):
        return {key: filled(inner, responses) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, responses) for inner in value]
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"\$\d+", value):
        response = responses[int(value[1:]) - 1]
        try:
            return json.loads(response)
        except ValueError:
            return response
    return re.sub(r"\$(\d+)", lambda found: responses[int(found[1]) - 1], value)


class Conversation:
    """What a model reads of a conversation, and what is wrong with it."""

    def __init__(self, family: str, opened: list[tuple[str, object]]):
        self.family = family
        self.turns = [(role, text_of(content)) for role, content in opened]
        self.wrong: list[str] = []
        self.said: list[str] = []  # what the model said in this very answer and had to correct
        while len(self.turns) > 2 and self.turns[-1][1].startswith(CORRECTION):
            if [role for role, _ in self.turns[-2:]] != ["assistant", "user"]:
                self.wrong.append("a correction does not follow what the model said")
            self.said.append(self.turns[-2][1])
            self.turns = self.turns[:-2]
        if unknown := {role for role, _ in self.turns} - {"system", "user", "assistant"}:
            self.wrong.append(f"the roles {sorted(unknown)} arrived")
        system = self.turns[0][1] if self.turns and self.turns[0][0] == "system" else ""
        self.tools = self._tools(system)
        self.schema, self.wants_output = self._output(system)
        self.plan, self.options, self.responses = "", ("", ""), []
        self._history()

    def _section(self, system: str, name: str) -> str | None:
        found = re.search(SECTION.format(name), system)
        return system[found.end() :] if found else None

    def _tools(self, system: str) -> dict[str, dict] | None:
        section = self._section(system, "Tools")
        if section is None:
            return None
        found = re.search(r"(?:\A|\n)<tools>\n(.*?)\n</tools>", section, re.S)
        if not found:
            self.wrong.append("the tools are not listed")
            return {}
        tools = {}
        for line in found[1].split("\n"):
            try:
                tool = json.loads(line)
                function = tool["function"]
                tools[function["name"]] = function
                if tool["type"] != "function" or set(tool) != {"type", "function"}:
                    self.wrong.append("a declaration has another shape")
            except (ValueError, KeyError, TypeError):
                self.wrong.append("a line of the tools is no declaration")
        return tools

    def _output(self, system: str) -> tuple[object, bool]:
        section = self._section(system, "Output")
        if section is None:
            return None, False
        found = re.search(r"\n?<schema>\n(.*?)\n</schema>", section, re.S)
        if not found:
            return None, True
        try:
            assert "\n" not in found[1]
            return json.loads(found[1]), True
        except (AssertionError, ValueError):
            self.wrong.append("the schema is not one line of JSON")
            return None, True

    def _history(self):
        open_calls: list[tuple[str, dict]] = []
        for role, text in self.turns:
            answers = RESPONSE.findall(text) if text.startswith("<tool_response>\n") else []
            if role == "user" and answers:
                if "".join(match[0] for match in RESPONSE.finditer(text)) != text:
                    self.wrong.append("text stands beside the tool responses")
                self._compare(open_calls, answers)
                self.responses += answers
            elif open_calls:
                self.wrong.append("calls are not answered before the next message")
            open_calls = self._calls_in(text) if role == "assistant" else []
            if role == "user" and (found := PLAN.search(text)):
                self.plan = text[found.end() :]
                self.options, self.responses = (found[1], found[2]), []
        if open_calls:
            self.wrong.append("the last calls are not answered")

    def _calls_in(self, text: str) -> list[tuple[str, dict]]:
        if self.family == "glm":
            calls = [
                (name, {key: self._value(value) for key, value in PAIR.findall(pairs)})
                for name, pairs in PAIRS_CALL.findall(text)
            ]
        else:
            bodies = [json.loads(body) for body in JSON_CALL.findall(text)]
            calls = [(body["name"], body["arguments"]) for body in bodies]
        if len(calls) != text.count("<tool_call>"):
            self.wrong.append("a call of the history is not in the syntax of the family")
        return calls

    @staticmethod
    def _value(text: str):
        try:
            return json.loads(text)
        except ValueError:
            return text

    def _compare(self, calls: list[tuple[str, dict]], answers: list[str]):
        """Sums and products tell whether each response stands where its call stood."""
        if len(calls) != len(answers):
            self.wrong.append(f"{len(answers)} responses to {len(calls)} calls")
        for (name, arguments), answer in zip(calls, answers):
            try:
                expected = ARITHMETIC[name](arguments["a"], arguments["b"])
                if float(answer) != expected:
                    self.wrong.append(f"{name} {arguments} was answered with {answer}")
            except (KeyError, TypeError, ValueError):
                continue  # another tool, or an error that its caller reports


@dataclass
class Brain:
    family: str
    violations: list[str]
    piece: int = 7

    def reply(self, one) -> dict:
        """The answer to this request, as a reply of the language of replies.py."""
        conversation = Conversation(self.family, one.opened)
        self.violations += [f"{self.family}: {wrong}" for wrong in conversation.wrong]
        thoughts, text = self._answer(conversation, attempt=len(conversation.said))
        if conversation.said:
            known = {self._answer(conversation, attempt)[1].strip() for attempt in (0, 1)}
            if not {said.strip() for said in conversation.said} <= known:
                self.violations.append("a correction repeats what the model did not say")
        piece = int(conversation.options[1][1:] or self.piece)
        raw_text = text.encode()
        pieces = [raw_text[at : at + piece] for at in range(0, len(raw_text), piece)]
        one.usage = {
            "prompt_tokens": 10 * len(one.opened),
            "completion_tokens": len(pieces) + 1,
            "total_tokens": 10 * len(one.opened) + len(pieces) + 1,
        }
        steps: list[dict] = [{"role": "assistant"}]
        steps += [{"reasoning_content": thoughts}] if thoughts else []
        steps += [{"bytes": part.hex()} for part in pieces]
        return {"steps": steps + [{"finish": "stop"}, {"usage": one.usage}, {"done": True}]}

    def _answer(self, conversation: Conversation, attempt: int) -> tuple[str, str]:
        habit = conversation.options[0].lstrip("!")
        if attempt and not conversation.options[0].startswith("!!"):
            habit = ""
        done, responses = len(conversation.responses), conversation.responses
        if not conversation.plan:
            return "", conversation.turns[-1][1].removeprefix("echo:")
        for step in read_steps(conversation.plan):
            if step.calls and done >= step.calls:
                done -= step.calls
                continue
            return step.thoughts, self._spoken(conversation, step, done, responses, habit)
        return "", "The plan is done."

    def _spoken(self, conversation, step: Step, done: int, responses, habit: str) -> str:
        pieces: list[str] = []
        for kind, what in step.parts:
            if kind == "prose":
                pieces.append(filled(what, responses))
            elif kind == "json":
                write = OUTPUT_HABITS.get(habit, json.dumps)
                pieces.append(write(filled(what, responses)) if conversation.wants_output else "none")
            elif done:
                done -= 1  # a call of this step that was answered already
            elif conversation.tools is None:
                pieces.append("There are no tools.")
            else:
                name, arguments = what
                write = pairs_call if self.family == "glm" else json_call
                spoil = HABITS.get(habit, lambda write, *call: write(*call))
                pieces.append(spoil(write, name, filled(arguments, responses)))
        return "\n".join(pieces)
