"""Nothing a client says leaves in clear, and nothing that cannot be kept secret is accepted."""

import base64
import json

import pytest

from marked_requests import MODEL, REQUESTS, Markers, answer_with_calls
from proxy import API_KEY, Proxy
from replies import ROLE, STOP, refusal, say, script, whole


def test_a_marker_is_found_however_it_is_spelled():
    m = Markers()
    raw = m("found").encode()
    for spelled in (
        raw,
        raw.upper(),
        raw.hex().encode(),
        base64.b64encode(b"a" + raw),
        base64.b64encode(b"ab" + raw),
    ):
        assert m.found_in(b"before" + spelled + b"after") == m.all
    assert m.found_in(b"nothing here") == []


def test_every_request_here_is_full_of_markers():
    for request in REQUESTS.values():
        m = Markers()
        body = json.dumps(request(m, "echo:")).encode()
        assert len(m.all) >= 25 and m.found_in(body) == m.all


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("calls", [False, True])
def test_no_marker_of_a_maximal_request_leaves_or_is_printed(enclave, name, stream, calls):
    m = Markers()
    secrets = {
        "x-client-secret": m("header"),
        "cookie": m("cookie"),
        "user-agent": m("agent"),
        "referer": m("referer"),
    }
    asked = REQUESTS[name](m, "echo:") | {"stream": stream}
    if calls:
        asked["messages"][-1]["content"] = answer_with_calls(m, asked)
    if not stream:
        asked.pop("stream_options")
    body = json.dumps(asked)
    before = len(enclave.chats())
    with Proxy.serving(enclave) as proxy:
        request = (
            f"POST /v1/chat/completions?{m('query')}=1 HTTP/1.1\r\nHost: 127.0.0.1:{proxy.port}\r\n"
        )
        request += f"Authorization: Bearer {m('inbound')}\r\nContent-Type: application/json\r\n"
        request += "".join(f"{name}: {value}\r\n" for name, value in secrets.items())
        request += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
        answer = proxy.send(request.encode())
        if name == "fields" and not calls:
            assert answer.only.status == 200, answer.only.body
            assert any(marker.encode() in answer.only.body for marker in m.all), "the echo is there"
        proxy.stop()
        opened = json.dumps([one.opened for one in enclave.chats()[before:]])
        assert f"system{m.run}" in opened, "the enclave reads what was sealed"
        if name != "fields":
            for label in ("result", "argued", "description", "constant"):
                assert f"{label}{m.run}" in opened, f"the enclave was not told the {label}"
        assert m.found_in(enclave.everything_received()) == []
        assert m.found_in(proxy.printed) == []


REFUSALS_AND_CUTS = {
    "provider-refuses": lambda m: refusal(
        400, body={"error": {"message": "prompt was: " + m("quoted"), "type": m("type")}}
    ),
    "provider-fails": lambda m: refusal(500, body=m("page")),
    "stream-is-cut": lambda m: script(ROLE, *say(m("said")), end="rst"),
    "tag-is-wrong": lambda m: script(ROLE, *say(m("said")), *say(m("said"), spoil="tag"), STOP),
    "text-is-clear": lambda m: script(ROLE, *say(m("said"), spoil="clear"), STOP),
    "error-in-stream": lambda m: script(
        ROLE, *say("a"), {"raw": 'data: {"error":{"message":"%s"}}\n\n' % m("error")}
    ),
    "garbage": lambda m: script(ROLE, {"raw": f"data: {m('garbage')}\n\n"}),
    "whole-answer": lambda m: whole(m("said"), m("said")),
}


@pytest.fixture(scope="module")
def own_proxy(enclave):
    with Proxy.serving(enclave) as proxy:
        yield proxy


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", REFUSALS_AND_CUTS)
def test_no_marker_is_printed_when_an_answer_goes_wrong(enclave, own_proxy, name, stream):
    m = Markers()
    text = REFUSALS_AND_CUTS[name](m)
    body = json.dumps(
        {
            "model": MODEL,
            "stream": stream,
            "messages": [
                {"role": "system", "content": m("system")},
                {"role": "user", "content": text},
            ],
        }
    )
    own_proxy.send(
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:{own_proxy.port}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {m('key')}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
    )
    assert m.found_in(own_proxy.printed) == []
    assert m.found_in(enclave.everything_received()) == []


@pytest.mark.parametrize(
    "request_line, extra, body",
    [
        ("POST /v1/chat/completions HTTP/1.1", "Content-Type: application/json", '{"model": "MARK'),
        (
            "POST /v1/chat/completions HTTP/1.1",
            "Content-Type: application/json",
            '{"model":"MARK","messages":[]}',
        ),
        (
            "POST /v1/chat/completions HTTP/1.1",
            "Content-Type: application/json",
            '{"model":"e2ee-plain-p","MARK":1,"MARK":2}',
        ),
        ("POST /v1/chat/completions HTTP/1.1", "Content-Type: text/MARK", "{}"),
        ("POST /v1/chat/completions HTTP/1.1", "Origin: https://MARK.example", "{}"),
        ("POST /v1/MARK HTTP/1.1", "Content-Type: application/json", "{}"),
        ("MARK /v1/models HTTP/1.1", "X-MARK: MARK", ""),
        ("GET /v1/models/MARK HTTP/1.1", "Cookie: MARK", ""),
        ("GET /v1/models HTTP/MARK", "A: b", ""),
        ("GET /v1/models HTTP/1.1", "Broken MARK", ""),
    ],
)
def test_no_marker_is_printed_when_a_request_is_refused(own_proxy, request_line, extra, body):
    m = Markers()
    mark = m("mark")
    request = f"{request_line}\r\nHost: localhost:{own_proxy.port}\r\n{extra}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    own_proxy.send(
        request.replace("MARK", mark)
        .replace(
            f"Content-Length: {len(body)}", f"Content-Length: {len(body.replace('MARK', mark))}"
        )
        .encode()
    )
    assert m.found_in(own_proxy.printed) == []


def test_the_key_of_the_provider_is_never_printed(own_proxy):
    assert API_KEY.encode() not in own_proxy.printed


def test_answers_never_hold_the_key_of_the_provider(http):
    for path in ("/", "/health", "/v1/models", "/metrics", "/v1/nothing", "/verification"):
        answer = http.get(path)
        assert API_KEY not in answer.text and API_KEY not in str(answer.headers)


def user(content) -> list:
    return [{"role": "user", "content": content}]


TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
CALL = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}
ASKED = user("x")
REFUSED = [
    ("tools", {"tools": [TOOL, {"type": "web_search"}]}),
    ("tool_choice", {"tool_choice": "required"}),
    ("tool_choice", {"tool_choice": {"type": "function", "function": {"name": "look"}}}),
    ("function_call", {"function_call": {"name": "look"}}),
    (
        "messages",
        {"messages": [*ASKED, {"role": "assistant", "content": None, "tool_calls": [CALL]}, *ASKED]},
    ),
    (
        "messages",
        {
            "messages": [
                *ASKED,
                {"role": "assistant", "content": "t", "function_call": CALL["function"]},
                *ASKED,
            ]
        },
    ),
    ("messages", {"messages": [*ASKED, {"role": "tool", "tool_call_id": "c", "content": "result"}]}),
    ("messages", {"messages": [*ASKED, {"role": "function", "name": "look", "content": "result"}]}),
    ("response_format", {"response_format": {"type": "grammar", "grammar": "x"}}),
    ("stop", {"stop": ["a", "b", "c", "d", "e"]}),
    ("n", {"n": 9}),
    ("logprobs", {"logprobs": True}),
    ("top_logprobs", {"top_logprobs": 2}),
    ("logit_bias", {"logit_bias": {"5": 1}}),
    ("audio", {"audio": {"voice": "alloy", "format": "wav"}}),
    ("modalities", {"modalities": ["text", "audio"]}),
    ("web_search_options", {"web_search_options": {}}),
    (
        "content",
        {
            "messages": user(
                [{"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}]
            )
        },
    ),
    ("content", {"messages": user([{"type": "file", "file": {"file_data": "AA=="}}])}),
    ("content", {"messages": user([{"type": "unheard_of", "text": "x"}])}),
    ("content", {"messages": user([{"type": "text"}])}),
    ("venice_parameters", {"venice_parameters": {"enable_e2ee": False}}),
    ("venice_parameters", {"venice_parameters": {"enable_web_search": "on"}}),
    ("venice_parameters", {"venice_parameters": {"enable_web_search": "auto"}}),
    ("venice_parameters", {"venice_parameters": {"include_venice_system_prompt": True}}),
    ("venice_parameters", {"venice_parameters": {"enable_web_scraping": True}}),
    ("venice_parameters", {"venice_parameters": {"character_slug": "somebody"}}),
]


@pytest.mark.parametrize(
    "named, field",
    REFUSED,
    ids=lambda value: value if isinstance(value, str) else json.dumps(value)[:60],
)
def test_a_field_that_cannot_be_kept_secret_is_refused_by_name(http, enclave, named, field):
    before = len(enclave.chats())
    answer = http.post("/v1/chat/completions", json={"model": MODEL, "messages": ASKED} | field)
    assert answer.status_code == 400, answer.text
    assert named in (answer.json()["error"]["param"] or "")
    assert len(enclave.chats()) == before


@pytest.mark.parametrize(
    "field",
    [
        {"tools": []},
        {"tools": None},
        {"tool_choice": "none"},
        {"tool_choice": "auto"},
        {"response_format": {"type": "text"}},
        {"stop": None},
        {"stop": []},
        {"n": 1},
        {"n": None},
        {"logprobs": False},
        {"logprobs": None},
        {"top_logprobs": 0},
        {"logit_bias": {}},
        {"logit_bias": None},
        {"modalities": ["text"]},
        {"parallel_tool_calls": True},
        {"functions": []},
        {"function_call": "auto"},
        {"response_format": None},
        {"venice_parameters": {}},
        {"venice_parameters": {"enable_e2ee": True}},
        {"venice_parameters": {"include_venice_system_prompt": False, "enable_web_search": "off"}},
        {"temperature": None},
        {"stream_options": None},
        {"stream": None},
        {"max_tokens": None},
        {"reasoning_effort": None},
    ],
    ids=json.dumps,
)
def test_a_field_that_asks_for_nothing_is_accepted(http, enclave, marker, field):
    body = {"model": MODEL, "messages": user("echo:" + marker)} | field
    answer = http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"] == marker
