"""No text of a request that is over, and no key it used, is left in the memory of the process."""

import json
import os
import re
import socket
import time
import uuid

import coincurve
import httpx
import pytest

from proxy import Proxy
from replies import ENDING, ROLE, attempts, say, script

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the memory of another process is root's to read")
MODEL = "e2ee-plain-p"


def writable_memory(proxy: Proxy):
    """The writable memory of the process, region by region."""
    with open(f"/proc/{proxy.process.pid}/maps") as maps, open(
        f"/proc/{proxy.process.pid}/mem", "rb", buffering=0
    ) as memory:
        for line in maps:
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if not match or "[vvar" in line:
                continue
            start, end = (int(number, 16) for number in match.groups())
            try:
                memory.seek(start)
                yield memory.read(end - start)
            except OSError:
                continue


def memory_holds(proxy: Proxy, markers: list[bytes]) -> set[bytes]:
    """Which markers stand anywhere in the writable memory of the process."""
    return {
        marker for content in writable_memory(proxy) for marker in markers if marker in content
    }


def private_keys_in_memory(proxy: Proxy, wanted: set[str]) -> set[str]:
    """Which of these public keys (hexadecimal) have their private key anywhere in writable memory:
    every 32 bytes on a word boundary that look random are tried, in either byte order."""
    found, tried = set(), set()
    for content in writable_memory(proxy):
        for offset in range(0, len(content) - 31, 8):
            window = content[offset : offset + 32]
            if len(set(window)) < 20 or window in tried:
                continue
            tried.add(window)
            for candidate in (window, window[::-1]):
                try:
                    key = coincurve.PrivateKey(candidate).public_key.format(compressed=False).hex()
                except ValueError:
                    continue
                found |= {key} & wanted
    return found


def nothing_is_left(proxy: Proxy, markers: list[bytes], seconds: float = 3):
    end = time.monotonic() + seconds
    while left := memory_holds(proxy, markers):
        assert time.monotonic() < end, f"still in memory: {sorted(left)}"
        time.sleep(0.05)


def markers(count: int) -> list[str]:
    return [f"marker-{uuid.uuid4().hex}" for _ in range(count)]


def post(proxy: Proxy, text: str, system: str = "", **more):
    messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
    body = {"model": MODEL, "messages": messages, **more}
    return httpx.post(proxy.url + "/v1/chat/completions", json=body, timeout=90, trust_env=False)


@pytest.fixture(scope="module")
def own_proxy(enclave):
    with Proxy.serving(enclave, "--idle-timeout", "2") as proxy:
        yield proxy


def test_the_search_finds_what_is_there(own_proxy):
    # The provider's key has to stay: it is what shows that the search works.
    assert memory_holds(own_proxy, [b"enclave-test-key"])


@pytest.mark.parametrize("stream", [True, False])
def test_prompts_and_replies_are_gone(own_proxy, stream):
    prompt, reply = markers(2)
    answer = post(own_proxy, script(ROLE, *say(reply), *ENDING), prompt, stream=stream)
    assert answer.status_code == 200 and reply in answer.text
    nothing_is_left(own_proxy, [prompt.encode(), reply.encode()])


def test_a_long_prompt_is_gone_from_every_buffer_it_grew_through(own_proxy):
    marker = markers(1)[0]
    text = "echo:ok " + (marker + " ") * 20_000
    assert post(own_proxy, text).status_code == 200
    nothing_is_left(own_proxy, [marker.encode()])


def test_the_text_of_refused_requests_is_gone(own_proxy):
    prompt, tool = markers(2)
    tools = [{"type": "function", "function": {"name": tool}}, {"type": "unheard_of"}]
    answer = post(own_proxy, prompt, tools=tools)
    assert answer.status_code == 400
    nothing_is_left(own_proxy, [prompt.encode(), tool.encode()])


def exchange(kind: str, m: list[str], stream: bool) -> tuple[str, dict]:
    """What is asked and how, so that each of these markers stands in another place."""
    call = f'<tool_call>{{"name": "{m[0]}", "arguments": {{"{m[1]}": "{m[2]}"}}}}</tool_call>'
    schema = {"type": "object", "properties": {m[1]: {"type": "string"}}, "required": [m[1]]}
    tool = {"name": m[0], "description": m[3], "parameters": schema}
    more: dict = {"stream": stream}
    if kind == "tools":
        answers = [say(m[4], call, call, m[5])]
        more["tools"] = [{"type": "function", "function": tool}]
    elif kind == "corrected-tools":
        answers = [say(m[4], call.replace(m[1], m[6]), m[5]), say(m[7], call)]
        more["tools"] = [{"type": "function", "function": tool}]
    elif kind == "functions":
        answers = [say(m[4], call, m[5])]
        more |= {"functions": [tool], "function_call": {"name": m[0]}}
    elif kind == "output":
        answers = [say(f'{{"{m[1]}": ', f'"{m[4]}"}}')]
        more["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": m[0], "description": m[3], "schema": schema},
        }
    elif kind == "corrected-output":
        answers = [say(m[5], f'{{"{m[6]}": "{m[7]}"}}'), say(f'{{"{m[1]}": "{m[4]}"}}')]
        more["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": m[0], "description": m[3], "schema": schema},
        }
    elif kind == "stop":
        answers = [say(m[4], m[5][:9], m[5][9:], m[6])]
        more["stop"] = [m[5], m[7]]
    else:
        answers = [say(f"<think>{m[4]}</think>", m[5]), say(m[6], m[7])]
        more["n"] = 2
    scripts = [script(ROLE, *steps, *ENDING) for steps in answers]
    return attempts(*scripts), more


KINDS = ("tools", "corrected-tools", "functions", "output", "corrected-output", "stop", "choices")


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_and_rewritten_here_is_gone(own_proxy, kind, stream):
    prompt, *places = markers(9)
    text, more = exchange(kind, places, stream)
    try:
        answer = post(own_proxy, text, prompt, **more)
        assert answer.status_code == 200, answer.text
        assert any(marker in answer.text for marker in places), "the answer has what was said"
    except httpx.RemoteProtocolError:
        assert stream and kind == "corrected-output", "only its stream ends with an error"
    nothing_is_left(own_proxy, [marker.encode() for marker in (prompt, *places)])


def test_a_history_of_calls_and_images_is_gone(own_proxy):
    prompt, id, name, key, value, result, pixels = markers(7)
    pixels = pixels.replace("-", "/") + "A"  # base64
    call = {"name": name, "arguments": json.dumps({key: value})}
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{pixels}"}}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": prompt}, picture]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": id, "type": "function", "function": call}],
        },
        {"role": "tool", "tool_call_id": id, "content": result},
        {"role": "user", "content": "echo:x"},
    ]
    body = {"model": "e2ee-vision-p", "messages": messages}
    answer = httpx.post(
        own_proxy.url + "/v1/chat/completions", json=body, timeout=30, trust_env=False
    )
    assert answer.status_code == 200, answer.text
    left = (prompt, id, name, key, value, result, pixels)
    nothing_is_left(own_proxy, [marker.encode() for marker in left])


def test_the_text_of_broken_answers_is_gone(own_proxy):
    prompt, reply = markers(2)
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
        post(own_proxy, script(ROLE, *say(reply)), prompt, stream=True)
    nothing_is_left(own_proxy, [prompt.encode(), reply.encode()])


def test_the_text_of_clients_that_leave_is_gone(own_proxy):
    marker = markers(1)[0]
    body = f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"echo:{marker}"'.encode()
    head = (
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
        b"Content-Type: application/json\r\nContent-Length: 9999\r\n\r\n" % own_proxy.port
    )
    with socket.create_connection(("127.0.0.1", own_proxy.port)) as connection:
        connection.sendall(head + body)
        end = time.monotonic() + 5
        while not memory_holds(own_proxy, [marker.encode()]):
            assert time.monotonic() < end, "the request never arrived"
    nothing_is_left(own_proxy, [marker.encode()])


def test_private_keys_of_clients_are_gone_with_their_requests(enclave):
    """While an answer runs its key has to be there, which shows that the search finds one."""
    with Proxy.serving(enclave) as proxy:
        keys = []
        for stream in (True, False):
            prompt = markers(1)[0]
            post(proxy, "echo:" + prompt, stream=stream)
            keys.append(enclave.chat_that_said(prompt).header("x-venice-tee-client-pub-key"))
        gate = uuid.uuid4().hex
        text = script(ROLE, *say("a"), {"gate": gate}, *ENDING)
        body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": text}]}
        with httpx.Client(timeout=60, trust_env=False) as client, client.stream(
            "POST", proxy.url + "/v1/chat/completions", json=body
        ) as answer:
            lines = answer.iter_lines()
            next(lines)
            running = enclave.chats()[-1].header("x-venice-tee-client-pub-key")
            assert private_keys_in_memory(proxy, {*keys, running}) == {running}
            enclave.gate(gate).set()
            assert list(lines)
        assert private_keys_in_memory(proxy, {*keys, running}) == set()
