"""Tools through the official Python client: models of three families call them, in their own syntax."""

import json

import openai
import pytest

from dialogue import ADD, FAMILIES, MULTIPLY, TOOLS, Answer, ask, converse, declared, model_of
from replies import ENDING, ROLE, say, script

every_family = pytest.mark.parametrize("family", FAMILIES)
either_way = pytest.mark.parametrize("stream", [False, True])


def user(text: str) -> list[dict]:
    return [{"role": "user", "content": text}]


def answered(client, family: str, text: str, stream: bool = False, **more) -> Answer:
    more.setdefault("tools", TOOLS)
    return ask(client, stream, model=model_of(family), messages=user(text), **more)


@every_family
@either_way
def test_a_dialogue_of_three_steps(client, enclave, marker, family, stream):
    plan = 'add {"a":2,"b":3} & add {"a":4,"b":5.5} ; multiply {"a":"$1","b":"$2"} ; say it is $3'
    answers = converse(client, model_of(family), f"plan: {plan} {marker}", stream)
    assert answers[0].named == [("add", {"a": 2, "b": 3}), ("add", {"a": 4, "b": 5.5})]
    assert answers[1].named == [("multiply", {"a": 5, "b": 9.5})]
    assert answers[2].content == f"it is 47.5 {marker}"
    assert [answer.finish for answer in answers] == ["tool_calls", "tool_calls", "stop"]
    ids = [call.id for answer in answers for call in answer.calls]
    assert len(set(ids)) == 3 and all(id.startswith("call_") for id in ids)
    upstream = enclave.chats_that_said(marker)
    assert [answer.usage for answer in answers] == [one.usage for one in upstream]


@every_family
@either_way
@pytest.mark.parametrize("piece", [1, 2, 3, 11, 1000])
def test_pieces_of_any_length_say_the_same(client, family, stream, piece):
    text = "„Größe“ 🦊 日本 <tool_cal </tool_call> \\ \" \n```\n"
    step = f'"Hört: 🦊" repeat {json.dumps({"text": text})} "Ende."'
    answer = answered(client, family, f"plan/{piece}: {step}", stream)
    assert answer.named == [("repeat", {"text": text})]
    assert answer.content == "Hört: 🦊\n\nEnde."
    assert answer.finish == "tool_calls"


@every_family
def test_the_arguments_are_those_the_model_wrote(client, family):
    arguments = '{ "b" : 2.50,\t"a": 1e2 }'
    text = f'<tool_call>{{"name":"add","arguments":{arguments}}}</tool_call>'
    for stream in (False, True):
        answer = answered(client, family, script(ROLE, *say(text), *ENDING), stream)
        assert [call.arguments for call in answer.calls] == [arguments]


@either_way
def test_an_answer_of_calls_alone_has_no_content(client, stream):
    answer = answered(client, "qwen", 'plan: add {"a":1,"b":2}', stream)
    assert answer.calls and not answer.content
    if not stream:
        assert answer.content is None


@either_way
def test_a_tool_that_is_not_needed_is_not_called(client, stream):
    answer = answered(client, "glm", "plan: say 4, as everybody knows", stream)
    assert (answer.content, answer.calls, answer.finish) == ("4, as everybody knows", [], "stop")


@either_way
def test_reasoning_is_never_taken_for_a_call(client, stream):
    call = '<tool_call>{"name":"add","arguments":{"a":1,"b":2}}</tool_call>'
    answer = answered(client, "hermes", f"plan: think {json.dumps(call)} say no", stream)
    assert (answer.reasoning, answer.content, answer.calls) == (call, "no", [])
    answer = answered(client, "hermes", f'plan: think "hm" add {{"a":1,"b":2}}', stream)
    assert answer.reasoning == "hm" and len(answer.calls) == 1


@every_family
@either_way
@pytest.mark.parametrize("around", ["```\n{}\n```", "~~~ xml\n{}\n~~~", "   ````\n{}\n````", "`{}`"])
def test_a_call_that_is_shown_is_not_made(client, enclave, marker, family, stream, around):
    call = '<tool_call>{"name":"add","arguments":{"a":1,"b":2}}</tool_call>'
    shown = " So:\n" + around.format(call)
    answer = answered(client, family, script(ROLE, *say(marker, *shown), *ENDING), stream)
    assert (answer.content, answer.calls, answer.finish) == (marker + shown, [], "stop")
    assert enclave.chat_that_said(marker)  # and was not asked again


@either_way
def test_an_answer_that_was_cut_short_says_so(client, stream):
    call = '<tool_call>{"name":"add","arguments":{"a":1,"b":2}}</tool_call>'
    for text, calls, content in (
        (call + "\nand n", 1, "\nand n"),
        (call, 1, None),
        (call.removesuffix("</tool_call>"), 0, call.removesuffix("</tool_call>")),
    ):
        ending = [{"finish": "length"}, *ENDING[1:]]
        answer = answered(client, "hermes", script(ROLE, *say(text), *ending), stream)
        assert answer.finish == "length" and len(answer.calls) == calls
        assert (answer.content or None) == content


# What the enclave sees


def section(one) -> str:
    role, system = one.opened[0]
    assert role == "system"
    return system


@every_family
def test_the_tools_are_listed_in_the_system_message(client, enclave, marker, family):
    odd = declared("odd", 'quotes " and\nlines\u2028 🦊', value={"type": "string", "enum": ["<>"]})
    bare = {"type": "function", "function": {"name": "bare"}}
    tools = [ADD, odd, bare]
    messages = [{"role": "system", "content": f"Be kind. {marker}"}, *user("plan: say hi")]
    ask(client, model=model_of(family), messages=messages, tools=tools)
    system = section(enclave.chat_that_said(marker))
    assert system.startswith(f"Be kind. {marker}\n\n# Tools\n")
    lines = system.partition("\n<tools>\n")[2].partition("\n</tools>")[0].split("\n")
    assert [json.loads(line) for line in lines] == tools
    assert len(enclave.chat_that_said(marker).opened) == 2


def test_without_a_system_message_the_tools_are_one(client, enclave, marker):
    answered(client, "glm", f"plan: say {marker}")
    one = enclave.chat_that_said(marker)
    assert section(one).startswith("# Tools\n") and len(one.opened) == 2


def test_a_developer_message_is_the_system_message(client, enclave, marker):
    messages = [{"role": "developer", "content": marker}, *user("plan: say hi")]
    ask(client, model=model_of("glm"), messages=messages, tools=TOOLS)
    assert section(enclave.chat_that_said(marker)).startswith(f"{marker}\n\n# Tools\n")


HISTORY = {
    "hermes": '<tool_call>\n{"name": "add", "arguments": {"a": 1,"b":2.50}}\n</tool_call>\n'
    '<tool_call>\n{"name": "repeat", "arguments": {"text":"x\\n\\"y\\""}}\n</tool_call>',
    "glm": "<tool_call>add<arg_key>a</arg_key><arg_value>1</arg_value>"
    "<arg_key>b</arg_key><arg_value>2.50</arg_value></tool_call>\n"
    '<tool_call>repeat<arg_key>text</arg_key><arg_value>x\n"y"</arg_value></tool_call>',
}
HISTORY["qwen"] = HISTORY["hermes"]


def called(*calls: tuple[str, str, str], content=None) -> dict:
    calls = [
        {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
        for id, name, arguments in calls
    ]
    return {"role": "assistant", "content": content, "tool_calls": calls}


def result(id: str, content) -> dict:
    return {"role": "tool", "tool_call_id": id, "content": content}


TWO = (("one", "add", '{"a": 1,"b":2.50}'), ("two", "repeat", r'{"text":"x\n\"y\""}'))


@every_family
@pytest.mark.parametrize("content", [None, "", [], "Let me see."])
def test_the_history_is_written_in_the_syntax_of_the_family(
    client, enclave, marker, family, content
):
    text = [{"type": "text", "text": "in "}, {"type": "text", "text": "parts"}]
    messages = [
        *user(f"first {marker}"),
        called(*TWO, content=content),
        result("two", text),  # the answers come in the order of the calls
        result("one", "3.5"),
        *user("plan: say good"),
    ]
    answer = ask(client, model=model_of(family), messages=messages, tools=TOOLS)
    assert answer.content == "good"
    arrived = enclave.chat_that_said(marker).opened[1:]
    before = content + "\n" if content else ""
    assert arrived == [
        ("user", f"first {marker}"),
        ("assistant", before + HISTORY[family]),
        ("user", "<tool_response>\n3.5\n</tool_response>\n<tool_response>\nin parts\n</tool_response>"),
        ("user", "plan: say good"),
    ]


def test_a_history_of_calls_needs_no_tools(client, enclave, marker):
    messages = [*user(marker), called(TWO[0]), result("one", "3.5"), *user("plan: say good")]
    assert ask(client, model=model_of("glm"), messages=messages).content == "good"
    roles = [role for role, _ in enclave.chat_that_said(marker).opened]
    assert roles == ["user", "assistant", "user", "user"]


@pytest.mark.parametrize(
    "messages",
    [
        [called(TWO[0]), result("other", "3")],
        [called(TWO[0]), result("one", "3"), result("one", "3")],
        [called(*TWO), result("one", "3")],
        [called(*TWO), result("one", "3"), *user("go on")],
        [called(TWO[0]), *user("go on")],
        [called(TWO[0]), *user("go on"), result("one", "3")],
        [result("one", "3")],
        [called(TWO[0]), {"role": "tool", "content": "3"}],
        [called(TWO[0], TWO[0]), result("one", "3")],
    ],
    ids=range(9),
)
def test_results_that_answer_no_call_and_calls_without_a_result_are_refused(
    client, enclave, messages
):
    before = len(enclave.chats())
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, model=model_of("glm"), messages=[*user("x"), *messages], tools=TOOLS)
    assert "messages" in (caught.value.param or "")
    assert len(enclave.chats()) == before


# tool_choice and parallel_tool_calls

NAMED = {"type": "function", "function": {"name": "multiply"}}


@every_family
@either_way
def test_no_tools_are_shown_where_none_may_be_called(client, enclave, marker, family, stream):
    plan = f'plan: "{marker}" add {{"a":1,"b":2}}'
    answer = answered(client, family, plan, stream, tool_choice="none")
    assert (answer.content, answer.finish) == (f"{marker}\nThere are no tools.", "stop")
    assert not answer.calls
    opened = enclave.chat_that_said(marker).opened
    assert "# Tools" not in json.dumps(opened)


@either_way
def test_what_looks_like_a_call_is_text_where_none_may_be_called(client, stream):
    text = '<tool_call>{"name":"add","arguments":{"a":1,"b":2}}</tool_call>'
    for more in ({"tools": TOOLS, "tool_choice": "none"}, {"tools": []}):
        answer = answered(client, "qwen", script(ROLE, *say(text), *ENDING), stream, **more)
        assert (answer.content, answer.calls, answer.finish) == (text, [], "stop")


@either_way
@pytest.mark.parametrize("choice", ["required", NAMED])
def test_a_call_that_must_come_is_asked_for(client, enclave, marker, choice, stream):
    plan = f'plan: "{marker}" multiply {{"a":1,"b":2}}'
    with_choice = answered(client, "glm", plan, stream, tool_choice=choice)
    assert with_choice.named == [("multiply", {"a": 1, "b": 2})]
    answered(client, "glm", plan, stream)
    asked, free = [section(one) for one in enclave.chats_that_said(marker)]
    end, free_end = [text.partition("</tools>")[2] for text in (asked, free)]
    assert end.count("must") > free_end.count("must")
    assert ("multiply" in end) == (choice == NAMED) and "multiply" not in free_end


@pytest.mark.parametrize(
    "more",
    [
        {"tool_choice": "perhaps"},
        {"tool_choice": {"type": "function", "function": {"name": "absent"}}},
        {"tools": [], "tool_choice": "required"},
        {"tools": [], "tool_choice": NAMED},
        {"tools": "add"},
        {"tools": [{"type": "function"}]},
        {"tools": [{"type": "function", "function": {"name": 5}}]},
        {"tools": [{"type": "web_search"}]},
        {"tools": [ADD, ADD]},
    ],
    ids=json.dumps,
)
def test_tools_and_choices_that_make_no_sense_are_refused_by_name(client, enclave, more):
    before = len(enclave.chats())
    with pytest.raises(openai.BadRequestError) as caught:
        answered(client, "glm", "plan: say x", **more)
    assert "tool" in (caught.value.param or "")
    assert len(enclave.chats()) == before


@every_family
@either_way
def test_at_most_one_call_where_they_may_not_be_parallel(client, enclave, marker, family, stream):
    plan = f'plan: "{marker}" add {{"a":1,"b":2}} & add {{"a":3,"b":4}} "late" ; say $1 and $2'
    answers = converse(client, model_of(family), plan, stream, parallel_tool_calls=False)
    assert [answer.named for answer in answers] == [
        [("add", {"a": 1, "b": 2})],
        [("add", {"a": 3, "b": 4})],
        [],
    ]
    assert [answer.finish for answer in answers] == ["tool_calls", "tool_calls", "stop"]
    assert answers[0].content.strip() == marker and answers[2].content == "3 and 7"
    asked = section(enclave.chats_that_said(marker)[0])
    assert "at most one" in asked


@either_way
def test_the_provider_is_left_after_the_one_call(client, enclave, marker, stream):
    call = '<tool_call>{"name":"add","arguments":{"a":1,"b":2}}</tool_call>'
    text = script(ROLE, *say(marker, call, "more"), {"stall": True})
    answer = answered(client, "hermes", text, stream, parallel_tool_calls=False)
    assert (len(answer.calls), answer.finish, answer.usage) == (1, "tool_calls", None)
    assert enclave.chat_that_said(marker).client_left.wait(2), "the upstream stayed open"


# The fields of before


@every_family
@either_way
def test_functions_are_tools_under_their_old_name(client, enclave, marker, family, stream):
    functions = [ADD["function"], MULTIPLY["function"]]
    more = {"model": model_of(family), "functions": functions}
    plan = f'plan: add {{"a":1,"b":2}} ; say {marker} $1'
    first = ask(client, stream, messages=user(plan), **more)
    assert first.finish == "function_call" and not first.calls
    assert first.function_call["name"] == "add"
    assert json.loads(first.function_call["arguments"]) == {"a": 1, "b": 2}
    history = [
        *user(plan),
        {"role": "assistant", "content": None, "function_call": first.function_call},
        {"role": "function", "name": "add", "content": "3"},
    ]
    last = ask(client, stream, messages=history, **more)
    assert (last.content, last.finish, last.function_call) == (f"{marker} 3", "stop", None)
    lines = section(enclave.chats_that_said(marker)[0]).partition("\n<tools>\n")[2]
    assert lines.partition("\n</tools>")[0] == "\n".join(lines.split("\n")[:2])


@either_way
def test_a_function_can_be_chosen_by_its_old_field(client, enclave, marker, stream):
    more = {"functions": [ADD["function"]], "tools": openai.omit}
    plan = f'plan: "{marker}" add {{"a":1,"b":2}}'
    named = answered(client, "glm", plan, stream, function_call={"name": "add"}, **more)
    assert named.function_call["name"] == "add"
    none = answered(client, "glm", plan, stream, function_call="none", **more)
    assert none.function_call is None and none.finish == "stop"
    asked, plain = enclave.chats_that_said(marker)
    assert "must" in section(asked).partition("</tools>")[2]
    assert "# Tools" not in json.dumps(plain.opened)
