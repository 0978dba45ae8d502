"""Nothing a client says leaves in clear, and nothing that cannot be kept secret is accepted."""

import base64
import json
import uuid
from itertools import count

import pytest

from proxy import API_KEY, Proxy
from replies import ROLE, STOP, refusal, say, script, whole

MODEL = "e2ee-plain-p"


class Markers:
    """Hands out texts that occur nowhere else and remembers them."""

    def __init__(self):
        self.run, self.numbers, self.all = uuid.uuid4().hex[:12], count(), []

    def __call__(self, label: str = "m") -> str:
        self.all.append(f"{label}{self.run}x{next(self.numbers):03}z")
        return self.all[-1]

    def found_in(self, data: bytes) -> list[str]:
        """Markers in this data: as they are, in hexadecimal or in base64, in any case of letters."""
        low = data.lower()

        def spellings(text: str):
            raw = text.encode()
            yield raw.lower()
            yield raw.hex().encode()
            for shift in range(3):
                yield base64.b64encode(b"\0" * shift + raw)[4:-4].lower()

        return [
            marker for marker in self.all if any(spelling in low for spelling in spellings(marker))
        ]


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


def maximal_request(m: Markers, last_text: str) -> dict:
    """Every field that is accepted, each with a marker of its own wherever text fits."""
    return {
        "model": MODEL,
        "messages": [
            {"role": "system", "content": m("system"), "name": m("name")},
            {
                "role": "developer",
                "content": [{"type": "text", "text": m("part")}],
                m("key"): m("value"),
            },
            {
                "role": "assistant",
                "content": m("assistant"),
                "name": m("name"),
                "refusal": m("refusal"),
                "reasoning_content": m("thought"),
                "reasoning": m("thought"),
                "annotations": [{"text": m("note")}],
            },
            {
                "role": "user",
                "content": last_text + m("user"),
                "name": m("name"),
                "cache_control": {"type": m("cache")},
            },
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 100,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "seed": 4,
        "reasoning_effort": "low",
        "n": 1,
        "user": m("user"),
        "metadata": {m("key"): m("value")},
        "safety_identifier": m("safety"),
        "prompt_cache_key": m("cache"),
        "service_tier": m("tier"),
        "store": False,
        m("unknown"): {m("key"): [m("value"), {"deep": m("deep")}]},
        "provider": {"order": [m("provider")]},
    }


def test_no_marker_of_a_maximal_request_leaves_or_is_printed(enclave):
    m = Markers()
    secrets = {
        "x-client-secret": m("header"),
        "cookie": m("cookie"),
        "user-agent": m("agent"),
        "referer": m("referer"),
    }
    body = json.dumps(maximal_request(m, "echo:"))
    with Proxy.serving(enclave) as proxy:
        request = (
            f"POST /v1/chat/completions?{m('query')}=1 HTTP/1.1\r\nHost: 127.0.0.1:{proxy.port}\r\n"
        )
        request += f"Authorization: Bearer {m('inbound')}\r\nContent-Type: application/json\r\n"
        request += "".join(f"{name}: {value}\r\n" for name, value in secrets.items())
        request += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
        answer = proxy.send(request.encode()).only
        assert answer.status == 200, answer.body
        assert [m.all[-1]] and any(marker.encode() in answer.body for marker in m.all), (
            "the answer has the echo"
        )
        proxy.stop()
        opened = json.dumps([one.opened for one in enclave.chats()])
        assert f"system{m.run}" in opened, "the enclave reads what was sealed"
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
    ("tools", {"tools": [TOOL]}),
    ("tool_choice", {"tool_choice": "required"}),
    ("tool_choice", {"tool_choice": {"type": "function", "function": {"name": "look"}}}),
    ("functions", {"functions": [TOOL["function"]]}),
    ("function_call", {"function_call": {"name": "look"}}),
    (
        "tool_calls",
        {
            "messages": [
                *ASKED,
                {"role": "assistant", "content": None, "tool_calls": [CALL]},
                *ASKED,
            ]
        },
    ),
    (
        "tool_calls",
        {
            "messages": [
                *ASKED,
                {"role": "assistant", "content": "text", "tool_calls": [CALL]},
                *ASKED,
            ]
        },
    ),
    (
        "function_call",
        {
            "messages": [
                *ASKED,
                {"role": "assistant", "content": "t", "function_call": CALL["function"]},
                *ASKED,
            ]
        },
    ),
    ("role", {"messages": [*ASKED, {"role": "tool", "tool_call_id": "c", "content": "result"}]}),
    ("role", {"messages": [*ASKED, {"role": "function", "name": "look", "content": "result"}]}),
    ("response_format", {"response_format": {"type": "json_object"}}),
    (
        "response_format",
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}},
    ),
    ("stop", {"stop": "END"}),
    ("stop", {"stop": ["a", "b"]}),
    ("n", {"n": 2}),
    ("logprobs", {"logprobs": True}),
    ("top_logprobs", {"top_logprobs": 2}),
    ("logit_bias", {"logit_bias": {"5": 1}}),
    ("prediction", {"prediction": {"type": "content", "content": "guess"}}),
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
