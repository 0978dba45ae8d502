"""The models of the tests: what they answer, and that they notice what is rendered wrongly."""

import json
from types import SimpleNamespace

import pytest

from dialogue import ADD, FAMILIES, TOOLS, as_person
from families import CORRECTION, HABITS, OUTPUT_HABITS, Brain, Conversation, json_call, pairs_call

LINES = "\n".join(json.dumps(tool) for tool in TOOLS)
SYSTEM = f"Be kind.\n\n# Tools\nThese are there:\n<tools>\n{LINES}\n</tools>\nThey are called so."
SCHEMA = json.dumps(as_person()["json_schema"]["schema"])
OUTPUT = f"# Output\nAnswer in JSON.\n<schema>\n{SCHEMA}\n</schema>\nNothing else."
CALL = '<tool_call>\n{"name": "add", "arguments": {"a": 2, "b": 3}}\n</tool_call>'
PAIRS = (
    "<tool_call>add<arg_key>a</arg_key><arg_value>2</arg_value>"
    "<arg_key>b</arg_key><arg_value>3</arg_value></tool_call>"
)
CALLS = {"hermes": CALL, "qwen": CALL, "glm": PAIRS}


def response(*texts: str) -> str:
    return "\n".join(f"<tool_response>\n{text}\n</tool_response>" for text in texts)


def answer(family: str, *turns: tuple[str, str]) -> tuple[str, list[str]]:
    brain = Brain(family, [])
    reply = brain.reply(SimpleNamespace(opened=list(turns)))
    pieces = [bytes.fromhex(step["bytes"]) for step in reply["steps"] if "bytes" in step]
    return b"".join(pieces).decode(), brain.violations


@pytest.mark.parametrize("family", FAMILIES)
def test_a_plan_is_followed_step_by_step(family):
    plan = 'plan: "Hm." add {"a":2,"b":3} ; add {"a":"$1","b":1} ; say $1 and $2'
    turns = [("system", SYSTEM), ("user", plan)]
    write = pairs_call if family == "glm" else json_call
    assert answer(family, *turns) == ("Hm.\n" + write("add", {"a": 2, "b": 3}), [])
    turns += [("assistant", "Hm.\n" + CALLS[family]), ("user", response("5"))]
    assert answer(family, *turns) == (write("add", {"a": 5, "b": 1}), [])
    turns += [("assistant", CALLS[family].replace("2", "5").replace("3", "1"))]
    turns += [("user", response("6"))]
    assert answer(family, *turns) == ("5 and 6", [])


def test_a_habit_ends_with_a_correction_and_a_stubborn_one_does_not():
    for plan, stubborn in (("plan!wrong-case: ", False), ("plan!!wrong-case: ", True)):
        turns = [("system", SYSTEM), ("user", plan + 'add {"a":2,"b":3}')]
        wrong, _ = answer("hermes", *turns)
        assert "ADD" in wrong
        turns += [("assistant", wrong), ("user", CORRECTION + "no tool is called ADD")]
        again, violations = answer("hermes", *turns)
        assert ("ADD" in again) == stubborn and violations == []


@pytest.mark.parametrize("habit", HABITS)
@pytest.mark.parametrize("write", [json_call, pairs_call])
def test_every_habit_is_a_mistake(habit, write):
    call = write("add", {"a": 2, "b": 3})
    spoiled = HABITS[habit](write, "add", {"a": 2, "b": 3})
    assert spoiled != call
    assert spoiled.startswith("<tool_call>") and spoiled.endswith("</tool_call>")


def test_output_is_an_instance_where_one_is_asked_for():
    plan = ("user", 'plan: json {"name":"Ada","age":36}')
    assert json.loads(answer("glm", ("system", OUTPUT), plan)[0]) == {"name": "Ada", "age": 36}
    assert answer("glm", plan)[0] == "none"
    for habit in OUTPUT_HABITS:
        spoiled = ("user", plan[1].replace("plan", "plan!" + habit))
        assert answer("glm", ("system", OUTPUT), spoiled)[0] != json.dumps({"name": "Ada", "age": 36})


USER = ("user", "x")
WRONG = {
    "a role": ("hermes", [("tool", "5")]),
    "no list": ("hermes", [("system", "# Tools\nadd"), USER]),
    "lines": ("hermes", [("system", SYSTEM.replace('"function": {', '"function":\n{')), USER]),
    "shape": ("hermes", [("system", f"# Tools\n<tools>\n{json.dumps(ADD['function'])}\n</tools>"), USER]),
    "schema": ("hermes", [("system", OUTPUT.replace('"properties"', '\n"properties"')), USER]),
    "syntax of glm": ("hermes", [USER, ("assistant", PAIRS), ("user", response("5"))]),
    "syntax of hermes": ("glm", [USER, ("assistant", CALL), ("user", response("5"))]),
    "unanswered": ("hermes", [USER, ("assistant", CALL), USER]),
    "unanswered at the end": ("hermes", [USER, ("assistant", CALL)]),
    "too many responses": ("hermes", [USER, ("assistant", CALL), ("user", response("5", "5"))]),
    "text beside": ("hermes", [USER, ("assistant", CALL), ("user", response("5") + "\nso")]),
    "order": (
        "hermes",
        [USER, ("assistant", CALL + "\n" + CALL.replace("2", "9")), ("user", response("12", "5"))],
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_rendered_wrongly_is_noticed(name):
    family, turns = WRONG[name]
    assert Conversation(family, turns).wrong != []


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_rendered_well_is_not_complained_about(family):
    turns = [
        ("system", SYSTEM + "\n\n" + OUTPUT),
        USER,
        ("assistant", "Well.\n" + CALLS[family] + "\n" + CALLS[family].replace("2", "9")),
        ("user", response("5", "12")),
        ("user", "and now?"),
    ]
    conversation = Conversation(family, turns)
    assert conversation.wrong == [] and list(conversation.tools) == ["add", "multiply", "repeat"]
    assert json.dumps(conversation.schema) == SCHEMA and conversation.wants_output


def test_a_correction_of_what_was_not_said_is_noticed():
    turns = [("system", SYSTEM), ("user", 'plan!wrong-case: add {"a":2,"b":3}')]
    turns += [("assistant", "something else"), ("user", CORRECTION + "x")]
    assert answer("hermes", *turns)[1] == ["a correction repeats what the model did not say"]
