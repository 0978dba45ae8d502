"""Stop texts, which are looked for here, and several choices, which are several sealed requests."""

import json

import openai
import pytest

from dialogue import FAMILIES, TOOLS, Answer, ask, choices, model_of
from replies import DONE, ENDING, ROLE, STOP, USAGE, attempts, refusal, say, script
from test_malformed_calls import streamed_until_cut

MODEL = "e2ee-plain-p"
either_way = pytest.mark.parametrize("stream", [False, True])


def user(text: str) -> list[dict]:
    return [{"role": "user", "content": text}]


def answered(client, stop, text: str, stream: bool = False, **more) -> Answer:
    return ask(client, stream, **({"model": MODEL, "messages": user(text), "stop": stop} | more))


def pieces(text: str, size: int) -> str:
    raw = text.encode()
    cut = [{"bytes": raw[at : at + size].hex()} for at in range(0, len(raw), size)]
    return script(ROLE, *cut, *ENDING)


# Stop texts


@either_way
@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize(
    "stop, said, kept",
    [
        ("END", "before END after", "before "),
        (["END"], "before END after", "before "),
        (["\n\n"], "a\nb\n\nc", "a\nb"),
        (["none of it"], "before END after", "before END after"),
        (["b", "a"], "xx ab", "xx "),
        (["abcd", "bc"], "x abc", "x a"),
        (["aab"], "aaaab.", "aa"),
        (["🦊", "日本"], "Größe 日🦇本日本", "Größe 日🦇本"),
        (["END"], "END", ""),
        (["END"], "it says EN", "it says EN"),
        (["END"], "ENEND", "EN"),
        ([" ", "x", "y", "stop"], "nothing,of!it;stop", "nothing,of!it;"),
    ],
)
def test_an_answer_ends_before_the_first_stop_text(client, stop, said, kept, size, stream):
    answer = answered(client, stop, pieces(said, size), stream)
    assert (answer.content or "", answer.finish) == (kept, "stop")


@either_way
def test_the_provider_is_left_at_the_stop_text(client, enclave, marker, stream):
    text = script(ROLE, *say(marker, " EN", "D and on"), {"stall": True})
    answer = answered(client, "END", text, stream)
    assert (answer.content, answer.finish, answer.usage) == (f"{marker} ", "stop", None)
    assert enclave.chat_that_said(marker).client_left.wait(2), "the upstream stayed open"


def test_what_may_begin_a_stop_text_waits_and_nothing_else_does(client, enclave, marker):
    steps = [ROLE, *say("free ST"), {"gate": marker}, *say("AY"), *ENDING]
    stream = client.chat.completions.create(
        model=MODEL, messages=user(script(*steps)), stop=["STOP"], stream=True
    )
    texts = (chunk.choices[0].delta.content for chunk in stream if chunk.choices)
    assert next(text for text in texts if text) == "free "
    enclave.gate(marker).set()
    assert "".join(text or "" for text in texts) == "STAY"


@either_way
def test_usage_is_there_where_nothing_was_stopped(client, stream):
    answer = answered(client, ["END"], script(ROLE, *say("a"), *ENDING), stream)
    assert answer.usage["total_tokens"] == USAGE["total_tokens"]


@either_way
def test_reasoning_is_not_stopped(client, stream):
    steps = [ROLE, {"reasoning_content": "an END in thought"}, *say("a END b"), *ENDING]
    answer = answered(client, ["END"], script(*steps), stream)
    assert (answer.reasoning, answer.content) == ("an END in thought", "a ")
    text = script(ROLE, *say("<think>an END in thought</think>a END b"), *ENDING)
    answer = answered(client, ["END"], text, stream)
    assert (answer.reasoning, answer.content) == ("an END in thought", "a ")


@either_way
def test_a_stop_text_ends_calls_too(client, stream):
    call = '<tool_call>{"name":"add","arguments":{"a":1,"b":2}}</tool_call>'
    text = script(ROLE, *say(call, call, " END ", call), *ENDING)
    answer = answered(client, ["END"], text, stream, model=model_of("glm"), tools=TOOLS)
    assert len(answer.calls) == 2 and answer.finish == "tool_calls"


def test_stop_texts_stay_here(client, enclave, marker):
    answered(client, [marker], script(ROLE, *say("x ", marker, "y"), *ENDING))
    body = enclave.chat_that_said(marker).body
    assert b"stop" not in body and marker.encode() not in body


@pytest.mark.parametrize(
    "stop",
    ["", [""], ["a", ""], ["a", "b", "c", "d", "e"], [5], 5, {"a": 1}, [["a"]], [None], True],
    ids=json.dumps,
)
def test_bad_stop_texts_are_refused_by_name(client, enclave, stop):
    before = len(enclave.chats())
    with pytest.raises(openai.BadRequestError) as caught:
        answered(client, stop, "echo:x")
    assert "stop" in (caught.value.param or "")
    assert len(enclave.chats()) == before


# Several choices


@either_way
@pytest.mark.parametrize("n", [1, 2, 8])
def test_each_choice_is_a_sealed_request(client, enclave, marker, n, stream):
    texts = [script(ROLE, *say(marker, f" {number}"), *ENDING) for number in range(n)]
    body = {"model": MODEL, "messages": user(attempts(*texts)), "n": n}
    answers = choices(client, stream, **body)
    assert sorted(answer.content for answer in answers) == [f"{marker} {i}" for i in range(n)]
    assert {answer.finish for answer in answers} == {"stop"}
    upstream = enclave.chats_that_said(marker)
    assert len(upstream) == n and len({one.body for one in upstream}) == n
    assert not any("n" in one.fields for one in upstream)
    usage = answers[0].usage
    assert usage["total_tokens"] == n * USAGE["total_tokens"]
    assert usage["prompt_tokens_details"]["cached_tokens"] == 3 * n
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 2 * n


def test_choices_of_a_stream_have_one_id_and_a_beginning_each(client, marker):
    body = {"model": MODEL, "messages": user(f"echo:{marker} a b"), "n": 3, "stream": True}
    chunks = list(client.chat.completions.create(**body))
    assert len({chunk.id for chunk in chunks}) == 1
    for index in range(3):
        parts = [c.choices[0] for c in chunks if c.choices and c.choices[0].index == index]
        assert parts[0].delta.role == "assistant"
        assert [part.finish_reason for part in parts if part.finish_reason] == ["stop"]
        assert "".join(part.delta.content or "" for part in parts) == f"{marker} a b"


@either_way
def test_choices_may_be_calls(client, stream):
    plan = 'plan: add {"a":1,"b":2} & add {"a":3,"b":4}'
    body = {"model": model_of("qwen"), "messages": user(plan), "tools": TOOLS}
    answers = choices(client, stream, **body, n=2)
    assert all(answer.finish == "tool_calls" and len(answer.calls) == 2 for answer in answers)
    assert len({call.id for answer in answers for call in answer.calls}) == 4


@pytest.mark.parametrize("family", FAMILIES)
def test_each_choice_is_corrected_for_itself(client, enclave, marker, family):
    plan = f'plan!wrong-case: "{marker}" add {{"a":1,"b":2}}'
    body = {"model": model_of(family), "messages": user(plan), "tools": TOOLS}
    answers = choices(client, **body, n=2)
    assert [answer.named for answer in answers] == [[("add", {"a": 1, "b": 2})]] * 2
    turns = enclave.chats_that_said(marker)
    assert len(turns) == 4
    assert answers[0].usage["total_tokens"] == sum(one.usage["total_tokens"] for one in turns)


@either_way
def test_each_choice_stops_for_itself(client, stream):
    texts = [script(ROLE, *say(text), *ENDING) for text in ("a END b", "whole")]
    body = {"model": MODEL, "messages": user(attempts(*texts)), "n": 2, "stop": "END"}
    assert sorted(one.content for one in choices(client, stream, **body)) == ["a ", "whole"]


def test_one_failed_choice_fails_them_all(client, http, marker):
    good = script(ROLE, *say(marker), *ENDING)
    refused = user(attempts(good, refusal(500)))
    with pytest.raises(openai.InternalServerError):
        choices(client, model=MODEL, messages=refused, n=2)
    cut = user(attempts(good, script(ROLE, *say("x"), end="rst")))
    with pytest.raises(openai.InternalServerError):
        choices(client, model=MODEL, messages=cut, n=2)
    slow = user(attempts(good, script(ROLE, *say("x", "y"), {"pause": 50}, end="rst")))
    body = {"model": MODEL, "messages": slow, "n": 2, "stream": True}
    assert "error" in json.loads(streamed_until_cut(http, body)[-1])


def test_leaving_a_stream_of_choices_closes_every_one(client, enclave, marker):
    text = script(ROLE, *say(marker), {"stall": True})
    stream = client.chat.completions.create(model=MODEL, messages=user(text), n=3, stream=True)
    for chunk in stream:
        if chunk.choices[0].delta.content == marker:
            break
    enclave.wait_for(lambda: len(enclave.chats_that_said(marker)) == 3)
    stream.close()
    for one in enclave.chats_that_said(marker):
        assert one.client_left.wait(2), "an upstream stayed open"


@either_way
def test_usage_that_one_choice_lacks_is_not_invented(client, stream):
    bare = script(ROLE, *say("a"), STOP, DONE)
    body = {"model": MODEL, "messages": user(attempts(bare, bare)), "n": 2}
    assert choices(client, stream, **body)[0].usage is None


@pytest.mark.parametrize("n", [0, -1, 9, 1000, 1.5, "2", True, [2]], ids=json.dumps)
def test_numbers_of_choices_that_make_no_sense_are_refused_by_name(client, enclave, n):
    before = len(enclave.chats())
    with pytest.raises(openai.BadRequestError) as caught:
        choices(client, model=MODEL, messages=user("echo:x"), n=n)
    assert caught.value.param == "n"
    assert len(enclave.chats()) == before
