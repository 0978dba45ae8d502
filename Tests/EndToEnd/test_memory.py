"""No text of a request that is over, and no key it used, is left in the memory of the process."""

import os
import re
import socket
import time
import uuid

import httpx
import pytest

from proxy import Proxy
from replies import ENDING, ROLE, say, script

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the memory of another process is root's to read")
MODEL = "e2ee-plain-p"


def memory_holds(proxy: Proxy, markers: list[bytes]) -> set[bytes]:
    """Which markers stand anywhere in the writable memory of the process."""
    found = set()
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
                content = memory.read(end - start)
            except OSError:
                continue
            found |= {marker for marker in markers if marker in content}
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
    return httpx.post(proxy.url + "/v1/chat/completions", json=body, timeout=30, trust_env=False)


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
    answer = post(own_proxy, prompt, tools=[{"type": "function", "function": {"name": tool}}])
    assert answer.status_code == 400
    nothing_is_left(own_proxy, [prompt.encode(), tool.encode()])


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
