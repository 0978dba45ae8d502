"""Which family a model belongs to, how that is set, and what a stream of calls looks like on the wire."""

import json

import httpx
import pytest

import proxy as program
from dialogue import TOOLS, ask, model_of
from proxy import Proxy
from replies import ENDING, ROLE, say, script
from test_tools import HISTORY, TWO, called, result

PLAIN = "e2ee-plain-p"
CALL = '<tool_call>{"name":"add","arguments":{"a":1,"b":2}}</tool_call>'


def rendered(enclave, proxy: Proxy, model: str, marker: str) -> str:
    """How the calls of a history arrive at this model."""
    messages = [
        {"role": "user", "content": marker},
        called(*TWO),
        result("one", "3.5"),
        result("two", "x"),
        {"role": "user", "content": "echo:ok"},
    ]
    body = {"model": model, "messages": messages, "tools": TOOLS}
    answer = httpx.post(proxy.url + "/v1/chat/completions", json=body, timeout=20, trust_env=False)
    assert answer.status_code == 200, answer.text
    role, text = enclave.chat_that_said(marker).opened[2]
    assert role == "assistant"
    return text


@pytest.mark.parametrize(
    "model, family",
    [
        ("e2ee-GLM-upper-p", "glm"),
        ("e2ee-myglm4-p", "glm"),
        ("e2ee-Qwen3-p", "qwen"),
        (PLAIN, "hermes"),
        ("e2ee-other-p", "hermes"),
    ],
)
def test_the_family_follows_from_the_name(enclave, marker, model, family):
    if model not in enclave.models:
        enclave.add(model)
    with Proxy.serving(enclave) as proxy:
        assert rendered(enclave, proxy, model, marker) == HISTORY[family]


@pytest.mark.parametrize("model, format", [(PLAIN, "glm"), ("e2ee-myglm4-p", "hermes")])
def test_the_family_can_be_set(enclave, marker, model, format):
    if model not in enclave.models:
        enclave.add(model)
    with Proxy.serving(enclave, "--tool-format", f"{model}={format}") as proxy:
        assert rendered(enclave, proxy, model, marker) == HISTORY[format]
        other = "e2ee-second-p"
        assert rendered(enclave, proxy, other, marker + "second") == HISTORY["hermes"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--tool-format", "e2ee-plain-p=yaml"),
        ("--tool-format", "e2ee-plain-p"),
        ("--tool-format", "=glm"),
        ("--reasoning-field", "thoughts"),
        ("--think", "perhaps"),
    ],
    ids="=".join,
)
def test_a_setting_that_makes_no_sense_ends_the_program(enclave, arguments):
    upstream = ("--upstream-url", enclave.url, "--ca-file", str(enclave.ca_file))
    ended = program.run("serve", "--port", "0", *upstream, *arguments, VENICE_API_KEY="x")
    assert ended.returncode == 1
    assert arguments[0] in ended.stderr and "listening" not in ended.stderr


# On the wire


def events(http, text: str, **more) -> list[dict]:
    body = {
        "model": model_of("hermes"),
        "messages": [{"role": "user", "content": text}],
        "tools": TOOLS,
        "stream": True,
    }
    answer = http.post("/v1/chat/completions", json=body | more)
    assert answer.status_code == 200, answer.text
    blocks = [block.removeprefix("data: ") for block in answer.text.split("\n\n") if block]
    assert blocks.pop() == "[DONE]"
    return [json.loads(block) for block in blocks]


def test_a_stream_of_calls_has_the_shape_that_clients_know(http):
    chunks = events(http, script(ROLE, *say("ok ", CALL, CALL), *ENDING))
    assert all(set(chunk) <= {"id", "object", "created", "model", "choices"} for chunk in chunks)
    first = chunks[0]["choices"][0]["delta"]
    assert first["role"] == "assistant" and isinstance(first["content"], str)
    pieces = [
        piece
        for chunk in chunks
        for piece in chunk["choices"][0]["delta"].get("tool_calls") or []
    ]
    for index in (0, 1):
        begin, *rest = [piece for piece in pieces if piece["index"] == index]
        assert begin == {
            "index": index,
            "id": begin["id"],
            "type": "function",
            "function": {"name": "add", "arguments": ""},
        }
        assert rest and all(set(piece) == {"index", "function"} for piece in rest)
        assert all(set(piece["function"]) == {"arguments"} for piece in rest)
        arguments = "".join(piece["function"]["arguments"] for piece in rest)
        assert arguments == '{"a":1,"b":2}'
    assert [piece["index"] for piece in pieces] == sorted(piece["index"] for piece in pieces)
    last = chunks[-1]["choices"][0]
    assert (last["finish_reason"], last["delta"]) == ("tool_calls", {})


def test_a_whole_answer_of_calls_has_the_shape_that_clients_know(http):
    messages = [{"role": "user", "content": script(ROLE, *say(CALL), *ENDING)}]
    body = {"model": model_of("hermes"), "messages": messages, "tools": TOOLS}
    (choice,) = http.post("/v1/chat/completions", json=body).json()["choices"]
    assert choice["finish_reason"] == "tool_calls" and choice["message"]["content"] is None
    (call,) = choice["message"]["tool_calls"]
    function = {"name": "add", "arguments": '{"a":1,"b":2}'}
    assert call == {"id": call["id"], "type": "function", "function": function}
    assert "function_call" not in choice["message"]


def test_text_before_a_call_streams_and_what_may_be_a_marker_waits(client, enclave, marker):
    steps = [ROLE, *say("free <tool_ca"), {"gate": marker}, *say("lm> all"), *ENDING]
    stream = client.chat.completions.create(
        model=model_of("glm"),
        messages=[{"role": "user", "content": script(*steps)}],
        tools=TOOLS,
        stream=True,
    )
    texts = (chunk.choices[0].delta.content for chunk in stream if chunk.choices)
    assert next(text for text in texts if text) == "free "
    enclave.gate(marker).set()
    assert "".join(text or "" for text in texts) == "<tool_calm> all"


def test_a_call_that_pauses_is_whole_in_the_end(client, enclave, marker):
    begin, end = CALL[:40], CALL[40:]
    text = script(ROLE, *say("ok ", begin), {"gate": marker}, *say(end), *ENDING)
    stream = client.chat.completions.create(
        model=model_of("glm"),
        messages=[{"role": "user", "content": text}],
        tools=TOOLS,
        stream=True,
    )
    deltas = (chunk.choices[0].delta for chunk in stream if chunk.choices)
    assert next(delta.content for delta in deltas if delta.content) == "ok "
    enclave.gate(marker).set()
    rest = list(deltas)
    calls = [piece for delta in rest for piece in delta.tool_calls or []]
    assert "".join(piece.function.arguments for piece in calls) == '{"a":1,"b":2}'
    assert not any(delta.content for delta in rest)


def test_many_tools_and_a_long_history_are_rendered(client, enclave, marker):
    tools = [
        {"type": "function", "function": {"name": f"tool_{i}", "description": "d" * 500}}
        for i in range(100)
    ]
    messages = [{"role": "user", "content": marker}]
    for number in range(100):
        id = f"c{number}"
        messages += [called((id, "tool_7", f'{{"n":{number}}}')), result(id, f"r{number}")]
    messages += [{"role": "user", "content": "echo:ok"}]
    answer = ask(client, model=model_of("qwen"), messages=messages, tools=tools)
    assert answer.content == "ok"
    opened = enclave.chat_that_said(marker).opened
    assert len(opened) == 203
    lines = opened[0][1].partition("\n<tools>\n")[2].partition("\n</tools>")[0].split("\n")
    assert [json.loads(line)["function"]["name"] for line in lines] == [
        f"tool_{i}" for i in range(100)
    ]
    assert opened[-2][1] == "<tool_response>\nr99\n</tool_response>"
