"""Answers that are JSON of a schema: what is asked for, what is accepted, and what is asked for again."""

import json
from typing import Literal

import openai
import pydantic
import pytest

from dialogue import FAMILIES, PERSON, TOOLS, Answer, as_person, ask, choices, model_of, summed
from families import OUTPUT_HABITS, text_of
from replies import ENDING, ROLE, attempts, say, script
from test_malformed_calls import CORRECTION, streamed_until_cut

ADA = {"name": "Ada", "age": 36}
TEXT = json.dumps(ADA)
OBJECT = {"type": "json_object"}
every_family = pytest.mark.parametrize("family", FAMILIES)
either_way = pytest.mark.parametrize("stream", [False, True])


class Person(pydantic.BaseModel):
    name: str
    age: int


class Address(pydantic.BaseModel):
    street: str
    kind: Literal["home", "work"]


class Family(pydantic.BaseModel):
    parents: list[Person]
    home: Address | None


def user(text: str) -> list[dict]:
    return [{"role": "user", "content": text}]


def answered(client, text: str, stream: bool = False, family: str = "hermes", **more) -> Answer:
    more.setdefault("response_format", as_person())
    return ask(client, stream, model=model_of(family), messages=user(text), **more)


def said(*texts: str, finish: str = "stop") -> str:
    return script(ROLE, *say(*texts), {"finish": finish}, *ENDING[1:])


@every_family
@either_way
def test_an_instance_is_the_answer(client, enclave, marker, family, stream):
    ada = ADA | {"name": marker}
    answer = answered(client, f"plan: json {json.dumps(ada)}", stream, family)
    assert json.loads(answer.content) == ada and answer.finish == "stop"
    assert answer.usage == enclave.chat_that_said(marker).usage


@every_family
def test_parse_gives_an_object_of_the_class(client, family):
    parsed = client.chat.completions.parse(
        model=model_of(family), messages=user(f"plan: json {TEXT}"), response_format=Person
    )
    assert parsed.choices[0].message.parsed == Person(**ADA)


def test_a_class_with_references_is_parsed(client):
    value = {"parents": [ADA, ADA], "home": {"street": "x", "kind": "home"}}
    wrong = value | {"home": {"street": "x", "kind": "office"}}
    text = attempts(said(json.dumps(wrong)), said(json.dumps(value)))
    parsed = client.chat.completions.parse(
        model=model_of("glm"), messages=user(text), response_format=Family
    )
    assert parsed.choices[0].message.parsed == Family(**value)


@every_family
def test_the_stream_helper_parses_at_the_end(client, family):
    with client.chat.completions.stream(
        model=model_of(family), messages=user(f"plan/2: json {TEXT}"), response_format=Person
    ) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert final.choices[0].message.parsed == Person(**ADA)
    assert {"content.delta", "content.done"} <= kinds


@every_family
def test_the_stream_helper_gathers_calls(client, family):
    tool = openai.pydantic_function_tool(Person, name="keep")
    with client.chat.completions.stream(
        model=model_of(family), messages=user(f"plan/2: keep {TEXT}"), tools=[tool]
    ) as stream:
        events = list(stream)
        final = stream.get_final_completion()
    (call,) = final.choices[0].message.tool_calls
    assert call.function.parsed_arguments == Person(**ADA)
    assert [e.name for e in events if e.type == "tool_calls.function.arguments.done"] == ["keep"]


def test_parse_understands_calls(client):
    tool = openai.pydantic_function_tool(Person, name="keep")
    parsed = client.chat.completions.parse(
        model=model_of("glm"), messages=user(f"plan: keep {TEXT}"), tools=[tool]
    )
    (call,) = parsed.choices[0].message.tool_calls
    assert call.function.parsed_arguments == Person(**ADA)


# What the enclave sees


def test_the_schema_stands_in_the_system_message(client, enclave, marker):
    schema = PERSON | {"description": 'lines\n"quotes"\u2028 🦊'}
    format = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema}}
    messages = [{"role": "system", "content": marker}, *user(f"plan: json {TEXT}")]
    ask(client, model=model_of("glm"), messages=messages, response_format=format)
    (role, system), question = enclave.chat_that_said(marker).opened
    assert role == "system" and question[0] == "user"
    assert system.startswith(f"{marker}\n\n# Output\n")
    line = system.partition("\n<schema>\n")[2].partition("\n</schema>")[0]
    assert "\n" not in line and json.loads(line) == schema


def test_any_object_has_no_schema(client, enclave, marker):
    ask_for = f'plan: json {{"free": "{marker}"}}'
    assert json.loads(answered(client, ask_for, response_format=OBJECT).content)
    (role, system), _ = enclave.chat_that_said(marker).opened
    assert role == "system" and system.startswith("# Output\n") and "<schema>" not in system


def test_tools_and_output_stand_side_by_side(client, enclave, marker):
    answer = answered(client, f'plan: "{marker}" add {{"a":1,"b":2}} ; json {TEXT}', tools=TOOLS)
    assert len(answer.calls) == 1 and answer.finish == "tool_calls"
    messages = [
        *user(f'plan: "{marker}" add {{"a":1,"b":2}} ; json {TEXT}'),
        answer.in_history(),
        answer.calls[0].run(),
    ]
    more = {"tools": TOOLS, "response_format": as_person()}
    last = ask(client, model=model_of("hermes"), messages=messages, **more)
    assert json.loads(last.content) == ADA
    for one in enclave.chats_that_said(marker):
        system = one.opened[0][1]
        assert system.count("# Tools\n") == 1 and system.count("# Output\n") == 1


def test_text_is_asked_for_without_a_section(client, enclave, marker):
    answered(client, f"plan: say {marker}", response_format={"type": "text"})
    assert len(enclave.chat_that_said(marker).opened) == 1


@pytest.mark.parametrize(
    "format",
    [
        {"type": "xml"},
        {"type": 5},
        {},
        "json_object",
        {"type": "json_schema"},
        {"type": "json_schema", "json_schema": {"name": "n", "schema": 5}},
        {"type": "json_schema", "json_schema": "person"},
    ],
    ids=json.dumps,
)
def test_formats_that_make_no_sense_are_refused_by_name(client, enclave, format):
    before = len(enclave.chats())
    with pytest.raises(openai.BadRequestError) as caught:
        answered(client, f"plan: json {TEXT}", response_format=format)
    assert "response_format" in (caught.value.param or "")
    assert len(enclave.chats()) == before


# What the model answers

CLEAN = [
    TEXT,
    f" \n{TEXT}\n\n",
    f"```json\n{TEXT}\n```",
    f"```\n{TEXT}\n```\n",
    f"\n```json\n\n{json.dumps(ADA, indent=2)}\n\n```",
]
WRONG = [
    "",
    "I cannot.",
    TEXT[:-1],
    f"Here: {TEXT}",
    f"{TEXT} There.",
    f"{TEXT}\n{TEXT}",
    f"```json\n{TEXT}\n```\n```json\n{TEXT}\n```",
    f"```json\n{TEXT}\n``` done",
    TEXT.replace('"', "'"),
    TEXT.replace("}", ",}"),
    '{"name": "Ada"}',
    '{"name": "Ada", "age": "36"}',
    '{"name": "Ada", "age": -1}',
    '{"name": "Ada", "age": 36, "more": 1}',
    '{"name": "Ada", "age": 36, "age": 37}',
    '{"name": "Ada", "age": NaN}',
    f"[{TEXT}]",
    json.dumps(TEXT),
    "null",
]


@pytest.mark.parametrize("text", CLEAN)
def test_white_space_and_one_fence_are_taken_off(client, text):
    assert json.loads(answered(client, said(*text)).content) == ADA


@pytest.mark.parametrize("text", CLEAN)
def test_a_stream_passes_as_it_comes_or_without_them(client, text):
    content = answered(client, said(*text), stream=True).content
    assert content == text or json.loads(content) == ADA


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_instance_is_asked_for_again(client, enclave, marker, text):
    format = as_person()
    messages = [{"role": "system", "content": marker}, *user(attempts(said(text), said(TEXT)))]
    answer = ask(client, model=model_of("glm"), messages=messages, response_format=format)
    assert json.loads(answer.content) == ADA
    first, second = enclave.chats_that_said(marker)
    assert second.opened[: len(first.opened)] == first.opened
    (role, repeated), (corrector, correction) = second.opened[len(first.opened) :]
    assert (role, corrector) == ("assistant", "user")
    assert text_of(repeated).strip() == text.strip()
    assert correction.startswith(CORRECTION)
    assert answer.usage["total_tokens"] == 36


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_instance_ends_a_stream_with_an_error(http, text):
    body = {"model": model_of("glm"), "messages": user(said(text)), "stream": True}
    events = streamed_until_cut(http, body | {"response_format": as_person()})
    assert json.loads(events[-1])["error"]["code"] == "invalid_structured_output"
    parts = [json.loads(event)["choices"][0] for event in events[:-1]]
    assert not any(part["finish_reason"] for part in parts)
    assert "".join(part["delta"].get("content") or "" for part in parts) in text


def test_the_official_client_raises_at_such_an_end(client):
    with pytest.raises(openai.APIError):
        answered(client, said("I cannot."), stream=True)


@every_family
@pytest.mark.parametrize("habit", OUTPUT_HABITS)
def test_a_mistake_of_the_model_is_corrected(client, enclave, marker, family, habit):
    ada = ADA | {"name": marker}
    answer = answered(client, f"plan!{habit}: json {json.dumps(ada)}", family=family)
    assert json.loads(answer.content) == ada
    turns = enclave.chats_that_said(marker)
    assert len(turns) == (1 if habit == "output-fenced" else 2)
    assert answer.usage == summed([turn.usage for turn in turns])


def test_who_repeats_a_mistake_is_asked_three_times(client, enclave, marker):
    with pytest.raises(openai.InternalServerError) as caught:
        answered(client, f'plan!!output-prose: json {{"name":"{marker}","age":1}}')
    assert (caught.value.status_code, caught.value.code) == (502, "invalid_structured_output")
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert marker not in caught.value.response.text
    assert len(enclave.chats_that_said(marker)) == 3


@pytest.mark.parametrize("text", ["[1]", "5", '"x"', "null", "{", ""])
def test_any_object_is_an_object(client, enclave, marker, text):
    again = attempts(said(text), said(f'{{"m":"{marker}"}}'))
    answer = answered(client, again, response_format=OBJECT)
    assert json.loads(answer.content) == {"m": marker}
    assert len(enclave.chats_that_said(marker)) == 2


@pytest.mark.parametrize("text, schema", [("5", {"type": "integer"}), ('["a"]', {"type": "array"})])
def test_a_schema_need_not_be_of_an_object(client, text, schema):
    format = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    assert answered(client, said(text), response_format=format).content == text


@either_way
@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_an_answer_that_did_not_end_by_itself_is_not_judged(client, enclave, marker, stream, finish):
    text = f'{{"name": "{marker}'
    answer = answered(client, said(text, finish=finish), stream)
    assert (answer.content, answer.finish) == (text, finish)
    assert len(enclave.chats_that_said(marker)) == 1


@either_way
def test_an_answer_of_calls_is_not_judged(client, enclave, marker, stream):
    plan = f'plan: "{marker} is no JSON" add {{"a":1,"b":2}}'
    answer = answered(client, plan, stream, tools=TOOLS)
    assert len(answer.calls) == 1 and answer.content.strip() == f"{marker} is no JSON"
    assert enclave.chat_that_said(marker)


@either_way
def test_each_of_several_choices_is_an_instance(client, enclave, marker, stream):
    ada = ADA | {"name": marker}
    text = f"plan: json {json.dumps(ada)}"
    body = {"model": model_of("glm"), "messages": user(text), "response_format": as_person()}
    several = choices(client, stream, **body, n=2)
    assert [json.loads(answer.content) for answer in several] == [ada, ada]
    assert len(enclave.chats_that_said(marker)) == 2
