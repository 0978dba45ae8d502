"""An answer that is altered, incomplete or refused is never passed off as a success."""

import base64
import json
import time

import httpx
import openai
import pytest

from proxy import Proxy
from replies import DONE, ENDING, ROLE, STOP, USAGE, USED, refusal, say, script, whole

MODEL = "e2ee-plain-p"


def ask(text, **more):
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **more}


def raw(text: str) -> dict:
    return {"raw": text}


def spoiled(how: str) -> str:
    return script(ROLE, *say("good "), *say("BAD", spoil=how), *say("more"), *ENDING)


def clear_delta(**delta) -> str:
    return script(ROLE, *say("good "), {"delta": delta}, *ENDING)


ERROR = 'data: {"error":{"message":"the model broke","type":"server_error","code":500}}\n\n'
CALLS = [{"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]

BROKEN = {
    **{
        how: spoiled(how)
        for how in (
            "tag",
            "ciphertext",
            "nonce",
            "sender",
            "wrong-key",
            "clear",
            "clear-blank",
            "short",
            "odd",
            "not-hex",
            "off-curve",
            "compressed",
            "hybrid",
            "repeat",
            "number",
            "object",
            "list",
        )
    },
    "first-envelope-spoiled": script(ROLE, *say("BAD", spoil="tag"), *ENDING),
    "reasoning-in-clear": script(
        ROLE, {"reasoning": "BAD", "spoil": "clear"}, *say("good "), *ENDING
    ),
    "reasoning-content-spoiled": script(
        ROLE, {"reasoning_content": "BAD", "spoil": "tag"}, *say("good "), *ENDING
    ),
    "clear-text-in-the-finish-chunk": script(
        ROLE,
        *say("good "),
        {
            "chunk": {
                "id": "c",
                "choices": [{"index": 0, "delta": {"content": "BAD"}, "finish_reason": "stop"}],
            }
        },
        DONE,
    ),
    "clear-tool-calls": clear_delta(tool_calls=CALLS),
    "clear-function-call": clear_delta(function_call={"name": "f", "arguments": "BAD"}),
    "clear-refusal": clear_delta(refusal="BAD"),
    "clear-annotations": clear_delta(annotations=[{"text": "BAD"}]),
    "clear-audio": clear_delta(audio={"data": "BAD"}),
    "clear-images": clear_delta(images=[{"url": "BAD"}]),
    "clear-reasoning-details": clear_delta(reasoning_details=[{"text": "BAD"}]),
    "clear-logprobs": script(
        ROLE,
        *say("good "),
        {
            "chunk": {
                "id": "c",
                "choices": [
                    {
                        "index": 0,
                        "delta": {},
                        "logprobs": {"content": [{"token": "BAD"}]},
                        "finish_reason": None,
                    }
                ],
            }
        },
        *ENDING,
    ),
    "two-choices": script(ROLE, *say("good "), {"content": "BAD", "index": 1}, *ENDING),
    "other-choice-only": script(
        {"content": "BAD", "index": 1}, {"finish": "stop", "index": 1}, DONE
    ),
    "text-after-the-finish": script(ROLE, *say("good "), STOP, *say("BAD"), DONE),
    "no-finish-reason": script(ROLE, *say("good "), USED, DONE),
    "no-finish-and-no-done": script(ROLE, *say("good ")),
    "nothing-at-all": script(),
    "only-done": script(DONE),
    "cut-by-fin": script(ROLE, *say("good "), end="fin"),
    "cut-by-reset": script(ROLE, *say("good "), end="rst"),
    "cut-by-close-notify": script(ROLE, *say("good "), end="close-notify"),
    "cut-inside-a-chunk": script(ROLE, *say("good "), end="short-chunk"),
    "cut-inside-an-event": script(ROLE, *say("good "), raw('data: {"id":"c","choices":[{"ind')),
    "cut-before-the-blank-line": script(
        ROLE,
        *say("good "),
        raw('data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'),
    ),
    "bad-chunk-size": script(ROLE, *say("good "), end="bad-chunk"),
    "close-delimited-and-cut": script(
        ROLE, *say("good "), head={"close_delimited": True}, end="fin"
    ),
    "error-event-first": script(raw(ERROR), DONE),
    "error-event-in-the-middle": script(ROLE, *say("good "), raw(ERROR), DONE),
    "error-event-after-all-text": script(ROLE, *say("good "), raw(ERROR), STOP, DONE),
    "error-event-as-text": script(ROLE, *say("good "), raw('data: {"error":"BAD"}\n\n'), *ENDING),
    "event-that-is-not-json": script(ROLE, *say("good "), raw("data: BAD\n\n"), *ENDING),
    "event-that-is-an-array": script(ROLE, *say("good "), raw("data: []\n\n"), *ENDING),
    "event-that-is-cut-json": script(ROLE, *say("good "), raw('data: {"choices":[\n\n'), *ENDING),
    "choices-that-is-an-object": script(
        ROLE, *say("good "), raw('data: {"choices":{"0":{}}}\n\n'), *ENDING
    ),
    "duplicate-content": script(
        ROLE,
        *say("good "),
        raw('data: {"choices":[{"index":0,"delta":{"content":null,"content":"BAD"}}]}\n\n'),
        *ENDING,
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_stream_raises_in_the_client(client, name):
    received = []
    with pytest.raises(openai.APIError):
        for chunk in client.chat.completions.create(**ask(BROKEN[name]), stream=True):
            if chunk.choices:
                received.append(chunk.choices[0].delta.content or "")
                assert chunk.choices[0].finish_reason is None or "finish" in name or "after" in name
    assert "BAD" not in "".join(received)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_stream_ends_with_an_error_event_and_a_cut_body(http, name):
    body, cut = b"", False
    with http.stream("POST", "/v1/chat/completions", json=ask(BROKEN[name], stream=True)) as answer:
        if answer.status_code != 200:
            assert answer.status_code >= 500 and "error" in json.loads(answer.read())
            return
        try:
            for piece in answer.iter_bytes():
                body += piece
        except httpx.RemoteProtocolError:
            cut = True
    events = [block.removeprefix(b"data: ") for block in body.split(b"\n\n") if block]
    assert b"[DONE]" not in events
    error = json.loads(events[-1])["error"]
    assert error["message"] and error["type"]
    assert cut, "the body ended as if it were complete"
    assert b"BAD" not in body


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_stream_is_a_502_when_not_streaming(http, name):
    answer = http.post("/v1/chat/completions", json=ask(BROKEN[name]))
    assert answer.status_code == 502, answer.text
    assert set(answer.json()["error"]) >= {"message", "type", "code", "param"}
    assert "good" not in answer.text and "BAD" not in answer.text


@pytest.mark.parametrize("how", ["tag", "wrong-key", "clear", "short", "repeat"])
def test_a_text_that_does_not_open_is_not_worth_another_try(http, how):
    answer = http.post("/v1/chat/completions", json=ask(spoiled(how)))
    assert answer.status_code == 502 and answer.headers.get("x-should-retry") == "false"


@pytest.mark.parametrize("stream", [False, True])
def test_half_a_character_at_the_end_is_replaced(http, stream):
    text = script(ROLE, *say("good "), {"bytes": "f09fa6"}, *ENDING)
    answer = http.post("/v1/chat/completions", json=ask(text, stream=stream))
    assert answer.status_code == 200 and "\ufffd" in answer.text
    answer.content.decode()


def test_text_before_the_damage_is_delivered(client):
    received = []
    with pytest.raises(openai.APIError):
        for chunk in client.chat.completions.create(**ask(spoiled("tag")), stream=True):
            received.append(chunk.choices[0].delta.content or "")
    assert "".join(received) == "good "


@pytest.mark.parametrize("spoil", ["tag", "clear"])
def test_the_upstream_is_left_as_soon_as_the_damage_is_seen(http, enclave, marker, spoil):
    text = script(ROLE, *say(marker), *say("BAD", spoil=spoil), {"stall": True})
    assert http.post("/v1/chat/completions", json=ask(text)).status_code == 502
    assert enclave.chat_that_said(marker).client_left.wait(2)


GOOD = {
    **{
        "delivered-as-" + how: whole("one ", "zwö ", "🦊", delivery=how)
        for how in (
            "crlf",
            "cr",
            "comments",
            "chunk-per-byte",
            "bytes",
            "tiny-records",
            "one-write",
            "several-data-lines",
        )
    },
    "no-done": script(ROLE, *say("one ", "zwö ", "🦊"), STOP, USED),
    "done-without-blank-line": script(
        ROLE, *say("one ", "zwö ", "🦊"), STOP, USED, {"raw": "data: [DONE]"}
    ),
    "close-delimited": whole(
        "one ", "zwö ", "🦊", head={"close_delimited": True}, end="close-notify"
    ),
    "left-rudely-after-the-last-chunk": whole(
        "one ",
        "zwö ",
        "🦊",
        head={"headers": {"connection": "close"}},
        end="last-chunk-then-rude",
    ),
    "cut-after-done": whole("one ", "zwö ", "🦊", end="fin"),
    "upper-case": script(ROLE, *say("one ", "zwö ", spoil="upper"), *say("🦊"), *ENDING),
    "with-0x": script(ROLE, *say("one ", "zwö ", "🦊", spoil="0x"), *ENDING),
    "byte-order-mark": script(
        {"raw": {"base64": base64.b64encode(b"\xef\xbb\xbf").decode()}},
        ROLE,
        *say("one ", "zwö ", "🦊"),
        *ENDING,
    ),
    "character-over-two-envelopes": script(
        ROLE, *say("one zwö "), {"bytes": "f09f"}, {"bytes": "a68a"}, *ENDING
    ),
    "character-over-four-envelopes": script(
        ROLE,
        *say("one zw"),
        {"bytes": "c3"},
        {"bytes": "b620f0"},
        {"bytes": "9f"},
        {"bytes": "a6"},
        {"bytes": "8a"},
        *ENDING,
    ),
    "no-role-chunk": script(*say("one ", "zwö ", "🦊"), *ENDING),
    "finish-with-the-last-text": script(
        ROLE, *say("one ", "zwö "), {"content": "🦊", "with_finish": "stop"}, DONE
    ),
    "empty-deltas": script(
        ROLE,
        {"delta": {}},
        {"delta": {"content": None}},
        {"delta": {"content": ""}},
        {"delta": None},
        *say("one ", "zwö ", "🦊"),
        *ENDING,
    ),
    "empty-envelopes": script(ROLE, *say("one ", "", "zwö ", "", "🦊"), *ENDING),
    "empty-clear-members": script(
        ROLE,
        {"delta": {"tool_calls": [], "refusal": None, "annotations": []}},
        *say("one ", "zwö ", "🦊"),
        *ENDING,
    ),
    "unknown-members": script(
        ROLE, {"delta": {"unheard_of": None}}, *say("one ", "zwö ", "🦊"), *ENDING
    ),
    "many-in-one-envelope": script(ROLE, *say("one zwö 🦊"), *ENDING),
}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("stream", [False, True])
def test_an_unusual_but_complete_answer_is_a_success(http, name, stream):
    answer = http.post("/v1/chat/completions", json=ask(GOOD[name], stream=stream))
    assert answer.status_code == 200, answer.text
    if not stream:
        assert answer.json()["choices"][0]["message"]["content"] == "one zwö 🦊"
        assert answer.json()["choices"][0]["finish_reason"] == "stop"
        return
    events = [block.removeprefix("data: ") for block in answer.text.split("\n\n") if block]
    assert events.count("[DONE]") == 1 and events[-1] == "[DONE]"
    choices = [choice for event in events[:-1] for choice in json.loads(event)["choices"]]
    assert "".join(choice["delta"].get("content") or "" for choice in choices) == "one zwö 🦊"
    assert [choice["finish_reason"] for choice in choices if choice.get("finish_reason")] == [
        "stop"
    ]


def chunk(**members) -> dict:
    return {"chunk": {"id": "c", "object": "chat.completion.chunk", "choices": []} | members}


def choice(**members) -> dict:
    return chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"} | members])


CLEAN = choice()
ODD = {
    "id-with-line-ends": [chunk(id='BAD\r\n\r\ndata: {"BAD":1}'), CLEAN],
    "id-object": [chunk(id={"BAD": 1}), CLEAN],
    "created-text": [chunk(created="BAD"), CLEAN],
    "finish-object": [choice(finish_reason={"BAD": 1})],
    "finish-with-line-end": [choice(finish_reason="BAD\n")],
    "usage-with-more": [CLEAN, chunk(usage=USAGE | {"note": "BAD", "more": {"text": "BAD"}})],
    "usage-text": [CLEAN, chunk(usage="BAD")],
    "usage-list": [CLEAN, chunk(usage=["BAD"])],
    "index-text": [choice(index="BAD")],
    "index-negative": [choice(index=-1)],
    "index-huge": [choice(index=2**64)],
    "delta-list": [choice(delta=["BAD"])],
    "delta-text": [choice(delta="BAD")],
    "role-with-line-end": [{"role": "BAD\n"}, CLEAN],
    "role-object": [{"role": {"BAD": 1}}, CLEAN],
    "message-instead-of-delta": [choice(message={"content": "BAD"})],
    "text-in-choice": [choice(text="BAD")],
    "error-null": [chunk(error=None), CLEAN],
    "error-empty": [chunk(error={}), CLEAN],
    "error-text": [chunk(error="BAD"), CLEAN],
    "two-finishes": [CLEAN, choice(finish_reason="length")],
    "content-at-the-top": [chunk(content="BAD"), CLEAN],
    "content-in-the-usage-chunk": [
        CLEAN,
        chunk(usage=USAGE, choices=[{"delta": {"content": "BAD"}}]),
    ],
    "nested-3000": [raw('data: {"x":' + "[" * 3000 + "]" * 3000 + ',"choices":[]}\n\n'), CLEAN],
    "text-after-done": [CLEAN, DONE, {"delta": {"content": "BAD"}}],
    "named-event": [raw('event: error\ndata: {"message":"BAD"}\n\n'), CLEAN],
    "thinking-blocks": [{"delta": {"thinking_blocks": [{"thinking": "BAD"}]}}, CLEAN],
    "unknown-text": [{"delta": {"surprise": "BAD"}}, CLEAN],
    "choice-null": [chunk(choices=[None]), CLEAN],
    "choices-null": [chunk(choices=None), CLEAN],
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("stream", [False, True])
def test_an_odd_member_never_reaches_the_client(http, name, stream):
    """Whether an oddity is left out or ends the answer, what arrives is sound and says no BAD."""
    body, cut = b"", False
    text = script(ROLE, *say("good"), *ODD[name], DONE)
    with http.stream("POST", "/v1/chat/completions", json=ask(text, stream=stream)) as answer:
        try:
            for piece in answer.iter_bytes():
                body += piece
        except httpx.RemoteProtocolError:
            cut = True
    assert b"BAD" not in body
    if not stream:
        assert answer.status_code in (200, 502) and json.loads(body)
        return
    events = [block.removeprefix(b"data: ") for block in body.split(b"\n\n") if block]
    assert (events[-1] == b"[DONE]") != cut
    for event in events if cut else events[:-1]:
        known = json.loads(event)
        if "error" in known:
            assert event == events[-1] and cut
            continue
        assert isinstance(known["id"], str) and isinstance(known["created"], int)
        for one in known["choices"]:
            assert one["index"] == 0 and isinstance(one["delta"], dict)
            assert one["finish_reason"] in (None, "stop", "length")
            assert one["delta"].get("role") in (None, "assistant")


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter"])
def test_finish_reasons_pass(client, reason):
    answer = client.chat.completions.create(
        **ask(script(ROLE, *say("a"), {"finish": reason}, USED, DONE))
    )
    assert answer.choices[0].finish_reason == reason


MAPPED = [
    (400, 400),
    (401, 401),
    (402, 402),
    (403, 502),
    (404, 404),
    (413, 413),
    (422, 422),
    (429, 429),
    (503, 503),
    (500, 502),
    (501, 502),
    (502, 502),
    (504, 504),
    (505, 502),
    (599, 502),
    (418, 502),
    (301, 502),
    (302, 502),
    (307, 502),
    (308, 502),
]


@pytest.mark.parametrize("upstream, expected", MAPPED)
@pytest.mark.parametrize("stream", [False, True])
def test_statuses_are_mapped(http, enclave, upstream, expected, stream):
    headers = {"location": enclave.url + "/chat/completions"} if 300 <= upstream < 400 else {}
    before = len(enclave.received)
    answer = http.post(
        "/v1/chat/completions", json=ask(refusal(upstream, headers=headers), stream=stream)
    )
    assert answer.status_code == expected, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    assert set(answer.json()["error"]) >= {"message", "type", "code", "param"}
    assert len([one for one in enclave.received[before:] if one.path == "/chat/completions"]) == 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("after", ["7", "0"])
def test_retry_after_is_passed_on(http, status, after):
    answer = http.post(
        "/v1/chat/completions", json=ask(refusal(status, headers={"retry-after": after}))
    )
    assert answer.status_code == status and answer.headers["retry-after"] == after


@pytest.mark.parametrize(
    "body",
    [{"error": "text"}, {"message": "text"}, {"error": {"message": 5}}, [], "text", "", "<html>"],
    ids=repr,
)
def test_every_form_of_an_error_body_becomes_the_same_form(http, body):
    answer = http.post("/v1/chat/completions", json=ask(refusal(400, body=body)))
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert isinstance(error["message"], str) and error["message"] and isinstance(error["type"], str)


NOT_HTTP = {
    "ssh": b"SSH-2.0-OpenSSH_9.6\r\n",
    "html-without-head": b"<html>hello</html>\r\n\r\n",
    "binary": bytes(range(256)) * 4,
    "http-2-status": b"HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    "no-status": b"HTTP/1.1 OK\r\ncontent-length: 2\r\n\r\n{}",
    "two-lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x",
    "length-and-chunked": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "signed-length": b"HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\n{}",
    "gzip": b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n\x1f\x8b",
    "json-instead-of-a-stream": b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
    "page-instead-of-a-stream": b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>",
    "switching-protocols": b"HTTP/1.1 101 Switching\r\nupgrade: websocket\r\n\r\nxxxx",
    "many-continues": b"HTTP/1.1 100 Continue\r\n\r\n" * 20000,
    "no-content": b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n",
    "huge-head": b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200000 + b"\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("name", NOT_HTTP)
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_is_no_answer_is_a_502(http, name, stream):
    head = {"raw": base64.b64encode(NOT_HTTP[name]).decode()}
    answer = http.post(
        "/v1/chat/completions", json=ask(script(head=head, end="fin"), stream=stream)
    )
    assert answer.status_code == 502, answer.text
    assert answer.json()["error"]["message"]


@pytest.fixture(scope="module")
def impatient(enclave):
    with Proxy.serving(enclave, "--first-byte-timeout", "0.5", "--idle-timeout", "0.5") as proxy:
        with httpx.Client(base_url=proxy.url, timeout=20, trust_env=False) as client:
            assert client.post("/v1/chat/completions", json=ask("echo:warm")).status_code == 200
            yield client


@pytest.mark.parametrize("stream", [False, True])
def test_a_stall_before_the_head_is_a_504(impatient, enclave, marker, stream):
    text = script(*say(marker), before_head={"stall": True})
    began = time.monotonic()
    answer = impatient.post("/v1/chat/completions", json=ask(text, stream=stream))
    assert answer.status_code == 504, answer.text
    assert time.monotonic() - began < 5
    assert enclave.chat_that_said(marker).client_left.wait(2)


def test_a_stall_in_the_middle_is_an_error(impatient, enclave, marker):
    text = script(ROLE, *say(marker), {"stall": True})
    answer = impatient.post("/v1/chat/completions", json=ask(text))
    assert answer.status_code in (502, 504)
    assert enclave.chat_that_said(marker).client_left.wait(2)


def test_a_stall_in_the_middle_of_a_stream_is_an_error_event(impatient, enclave, marker):
    text = script(ROLE, *say(marker), {"stall": True})
    body = b""
    with pytest.raises(httpx.RemoteProtocolError):
        with impatient.stream(
            "POST", "/v1/chat/completions", json=ask(text, stream=True)
        ) as answer:
            for piece in answer.iter_bytes():
                body += piece
    assert marker.encode() in body and b'"error"' in body and b"[DONE]" not in body
    assert enclave.chat_that_said(marker).client_left.wait(2)


def test_the_proxy_still_works_after_all_that(client):
    assert client.chat.completions.create(**ask("echo:well")).choices[0].message.content == "well"
