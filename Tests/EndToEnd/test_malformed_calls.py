"""Calls that cannot be made: a model is asked again where the client waits for the whole answer, and
is quoted where the client reads along."""

import json

import openai
import pytest

from dialogue import FAMILIES, TOOLS, Answer, ask, converse, model_of, summed
from families import HABITS
from replies import DONE, ENDING, ROLE, STOP, attempts, say, script

every_family = pytest.mark.parametrize("family", FAMILIES)
either_way = pytest.mark.parametrize("stream", [False, True])
every_habit = pytest.mark.parametrize("habit", HABITS)
GOOD = '<tool_call>{"name":"add","arguments":{"a":1,"b":2}}</tool_call>'
BAD = '<tool_call>{"name":"Add","arguments":{"a":1,"b":2}}</tool_call>'
CORRECTION = "Your last answer could not be used: "


def answered(client, family: str, text: str, stream: bool = False, **more) -> Answer:
    messages = [{"role": "user", "content": text}]
    return ask(client, stream, model=model_of(family), messages=messages, tools=TOOLS, **more)


@every_family
@every_habit
def test_a_mistake_is_corrected_where_nobody_reads_along(client, enclave, marker, family, habit):
    plan = f'plan!{habit}/50: add {{"a":2,"b":3}} ; say {marker} $1'
    answers = converse(client, model_of(family), plan)
    assert [answer.named for answer in answers] == [[("add", {"a": 2, "b": 3})], []]
    assert answers[0].content is None and answers[0].finish == "tool_calls"
    assert answers[1].content == f"{marker} 5"
    first, corrected, last = enclave.chats_that_said(marker)
    assert answers[0].usage == summed([first.usage, corrected.usage])
    assert answers[1].usage == last.usage
    assert corrected.opened[: len(first.opened)] == first.opened
    assert [role for role, _ in corrected.opened[len(first.opened) :]] == ["assistant", "user"]
    assert CORRECTION not in json.dumps(last.opened), "the client's history has no corrections"


@every_family
@every_habit
def test_a_mistake_is_quoted_where_the_client_reads_along(client, enclave, marker, family, habit):
    plan = f'plan!{habit}/3: "{marker}" add {{"a":2,"b":3}}'
    answer = answered(client, family, plan, stream=True)
    assert (answer.calls, answer.finish) == ([], "stop")
    assert answer.content.startswith(f"{marker}\n<tool_call>")
    assert answer.content.endswith("</tool_call>")
    assert answer.usage == enclave.chat_that_said(marker).usage


@every_family
def test_who_repeats_a_mistake_is_asked_three_times_and_quoted(client, enclave, marker, family):
    plan = f'plan!!wrong-case: "{marker}" add {{"a":2,"b":3}} "after"'
    answer = answered(client, family, plan)
    assert (answer.calls, answer.finish) == ([], "stop")
    assert answer.content.startswith(f"{marker}\n<tool_call>")
    assert "ADD" in answer.content and answer.content.endswith("after")
    turns = enclave.chats_that_said(marker)
    assert len(turns) == 3
    assert answer.usage == summed([turn.usage for turn in turns])


def test_the_last_attempt_counts(client, enclave, marker):
    scripts = [script(ROLE, *say(marker, text), *ENDING) for text in (BAD, BAD, GOOD)]
    answer = answered(client, "hermes", attempts(*scripts))
    assert answer.named == [("add", {"a": 1, "b": 2})] and answer.content == marker
    assert len(enclave.chats_that_said(marker)) == 3
    assert (answer.usage["prompt_tokens"], answer.usage["total_tokens"]) == (33, 54)
    assert answer.usage["prompt_tokens_details"]["cached_tokens"] == 9


def test_who_gives_up_calling_has_answered(client, enclave, marker):
    scripts = [script(ROLE, *say(marker, text), *ENDING) for text in (BAD, " never mind")]
    answer = answered(client, "hermes", attempts(*scripts))
    assert (answer.content, answer.calls) == (f"{marker} never mind", [])
    assert len(enclave.chats_that_said(marker)) == 2


def test_good_calls_beside_a_bad_one_are_made_only_with_the_stream(client, enclave, marker):
    text = script(ROLE, *say(marker, GOOD, BAD, GOOD), *ENDING)
    streamed = answered(client, "qwen", text, stream=True)
    assert streamed.named == [("add", {"a": 1, "b": 2})] * 2
    assert (streamed.content, streamed.finish) == (marker + BAD, "tool_calls")
    again = attempts(text, script(ROLE, *say(marker, GOOD), *ENDING))
    whole = answered(client, "qwen", again)
    assert whole.named == [("add", {"a": 1, "b": 2})] and whole.content == marker
    assert len(enclave.chats_that_said(marker)) == 3


def test_a_correction_holds_what_the_model_said_and_nothing_it_thought(client, enclave, marker):
    first = script(ROLE, {"reasoning_content": "SECRET"}, *say(marker, " ", BAD), *ENDING)
    answered(client, "hermes", attempts(first, script(ROLE, *say("ok"), *ENDING)))
    _, second = enclave.chats_that_said(marker)
    said, correction = (content for _, content in second.opened[-2:])
    assert said == f"{marker} {BAD}"
    assert correction.startswith(CORRECTION) and len(correction) > len(CORRECTION)
    assert "SECRET" not in json.dumps(second.opened[1:][-2:])


@every_family
@pytest.mark.parametrize(
    "choice", ["required", {"type": "function", "function": {"name": "add"}}], ids=["any", "named"]
)
def test_who_does_not_call_what_must_be_called_is_asked_again(
    client, enclave, marker, family, choice
):
    prose = script(ROLE, *say(f"{marker} is three"), *ENDING)
    call = script(ROLE, *say(f"{marker}", GOOD), *ENDING)
    answer = answered(client, family, attempts(prose, call), tool_choice=choice)
    assert answer.named == [("add", {"a": 1, "b": 2})]
    assert len(enclave.chats_that_said(marker)) == 2


@pytest.mark.parametrize("said", ["prose", BAD, "", "<tool_call>"])
def test_a_call_that_never_comes_is_an_error(client, enclave, marker, said):
    text = script(ROLE, *say(marker, said), *ENDING)
    with pytest.raises(openai.InternalServerError) as caught:
        answered(client, "glm", text, tool_choice="required")
    assert (caught.value.status_code, caught.value.code) == (502, "tool_call_missing")
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert len(enclave.chats_that_said(marker)) == 3


@pytest.mark.parametrize("said", ["prose", BAD, "<tool_call>"])
def test_a_call_that_never_comes_ends_a_stream_with_an_error(http, enclave, marker, said):
    body = {
        "model": model_of("glm"),
        "messages": [{"role": "user", "content": script(ROLE, *say(marker, said), *ENDING)}],
        "tools": TOOLS,
        "tool_choice": "required",
        "stream": True,
    }
    events = streamed_until_cut(http, body)
    assert json.loads(events[-1])["error"]["code"] == "tool_call_missing"
    choices = [json.loads(event)["choices"][0] for event in events[:-1]]
    assert not any(choice["finish_reason"] for choice in choices)
    assert "".join(choice["delta"].get("content") or "" for choice in choices) == marker + said
    assert enclave.chat_that_said(marker)


def streamed_until_cut(http, body: dict) -> list[str]:
    """The events of a stream, whether its body ends as it should or is cut."""
    text = ""
    with http.stream("POST", "/v1/chat/completions", json=body) as answer:
        try:
            for piece in answer.iter_text():
                text += piece
        except Exception as problem:
            assert type(problem).__name__ == "RemoteProtocolError"
    events = [block.removeprefix("data: ") for block in text.split("\n\n") if block]
    assert "[DONE]" not in events
    return events


def test_a_call_of_another_tool_than_the_named_one_is_no_answer(client, enclave, marker):
    choice = {"type": "function", "function": {"name": "multiply"}}
    text = script(ROLE, *say(marker, GOOD), *ENDING)
    with pytest.raises(openai.InternalServerError) as caught:
        answered(client, "glm", text, tool_choice=choice)
    assert caught.value.code == "tool_call_missing"
    assert len(enclave.chats_that_said(marker)) == 3


@either_way
def test_an_answer_that_was_cut_short_is_not_asked_for_again(client, enclave, marker, stream):
    text = script(ROLE, *say(marker, GOOD[:-20]), {"finish": "length"}, *ENDING[1:])
    answer = answered(client, "glm", text, stream)
    assert (answer.content, answer.finish) == (marker + GOOD[:-20], "length")
    assert enclave.chat_that_said(marker)


def test_a_correction_that_fails_at_the_provider_is_an_error(client, enclave, marker):
    broken = script(ROLE, *say(marker, "x"), end="rst")
    text = attempts(script(ROLE, *say(marker, BAD), *ENDING), broken)
    with pytest.raises(openai.InternalServerError):
        answered(client, "glm", text)
    assert len(enclave.chats_that_said(marker)) == 2


def test_usage_that_never_came_is_not_invented_for_corrections(client, marker):
    quiet = [script(ROLE, *say(marker, text), STOP, DONE) for text in (BAD, GOOD)]
    assert answered(client, "glm", attempts(*quiet)).usage is None


def test_leaving_during_a_correction_closes_the_provider(proxy, enclave, marker):
    stalled = script(ROLE, *say(marker), {"stall": True})
    text = attempts(script(ROLE, *say(marker, BAD), *ENDING), stalled)
    body = {"model": model_of("glm"), "messages": [{"role": "user", "content": text}]}
    raw = json.dumps(body | {"tools": TOOLS}).encode()
    with proxy.connect() as connection:
        connection.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (proxy.port, len(raw), raw)
        )
        enclave.wait_for(lambda: len(enclave.chats_that_said(marker)) == 2)
    assert enclave.chats_that_said(marker)[1].client_left.wait(2), "the upstream stayed open"
