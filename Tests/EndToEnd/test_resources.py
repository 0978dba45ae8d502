"""Bounded memory, no descriptor left behind, and no victim among the neighbours."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from proxy import Proxy
from replies import ENDING, ROLE, say, script
from watching import MIB, descriptors, resident, until

MODEL = "e2ee-plain-p"


def ask(text, **more):
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **more}


def request(proxy: Proxy, text: str, **more) -> bytes:
    body = json.dumps(ask(text, **more)).encode()
    return (
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
        b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (proxy.port, len(body), body)
    )


def read_all(connection: socket.socket) -> bytes:
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


@pytest.fixture
def own(enclave):
    with Proxy.serving(enclave) as proxy:
        assert (
            httpx.post(
                proxy.url + "/v1/chat/completions", json=ask("echo:warm"), trust_env=False
            ).status_code
            == 200
        )
        yield proxy


@pytest.mark.parametrize("stream", [False, True])
def test_a_line_without_end_is_an_error_and_not_a_memory_hog(own, enclave, stream):
    before = resident(own.process)
    with own.connect(30) as connection:
        connection.sendall(
            request(own, script(ROLE, {"endless_line": 256}, *ENDING), stream=stream)
        )
        received = read_all(connection)
    assert b'"error"' in received and b"[DONE]" not in received
    assert b" 502 " in received.split(b"\r\n")[0] or stream
    assert resident(own.process) - before < 100 * MIB


def test_a_long_event_of_two_mebibytes_is_delivered(own, enclave):
    text = script(ROLE, {"flood": 1, "bytes": 1 * MIB}, *ENDING)
    answer = httpx.post(
        own.url + "/v1/chat/completions", json=ask(text), timeout=30, trust_env=False
    )
    assert answer.json()["choices"][0]["message"]["content"] == "y" * MIB


def test_a_slow_reader_slows_the_provider_and_not_the_neighbours(own, enclave, marker):
    before = resident(own.process)
    text = script(ROLE, *say(marker), {"flood": 4000, "bytes": 32768}, *ENDING)
    with own.connect() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        slow.sendall(request(own, text, stream=True))
        until(
            lambda: any(
                marker in str(content) for one in enclave.chats() for _, content in one.opened
            )
        )
        one = enclave.chat_that_said(marker)
        seen = [-1, time.monotonic()]

        def quiet():
            if one.flooded != seen[0]:
                seen[:] = one.flooded, time.monotonic()
            return time.monotonic() - seen[1] > 0.3

        until(quiet, 20)
        assert 0 < one.flooded < 64 * MIB, "the provider was not slowed"
        assert resident(own.process) - before < 64 * MIB
        answer = httpx.post(
            own.url + "/v1/chat/completions",
            json=ask("echo:neighbour"),
            timeout=10,
            trust_env=False,
        )
        assert answer.status_code == 200
    assert one.client_left.wait(5), "the upstream stayed open"


def test_a_slow_reader_gets_everything_in_the_end(own, enclave):
    text = script(ROLE, {"flood": 300, "bytes": 32768}, *ENDING)
    with own.connect() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
        slow.sendall(request(own, text, stream=True))
        received = read_all(slow)
    assert received.count(b"y" * 1000) == 300 * 32 and received.endswith(
        b"data: [DONE]\n\n\r\n0\r\n\r\n"
    )


def test_two_hundred_clients_that_leave_at_any_moment_leave_nothing_behind(own, enclave, marker):
    httpx.get(own.url + "/health", trust_env=False)
    before = descriptors(own.process)
    whole = request(own, script(ROLE, *say(marker), {"stall": True}), stream=True)

    def leave(number: int):
        with own.connect() as connection:
            connection.sendall(whole[: len(whole) * (number % 11) // 10])
            if number % 2:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            if number % 11 == 10:
                connection.recv(100)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(leave, range(200)))
    until(lambda: descriptors(own.process) <= before + 8, 5)
    assert (
        httpx.post(
            own.url + "/v1/chat/completions", json=ask("echo:x"), trust_env=False
        ).status_code
        == 200
    )


def test_a_hundred_open_streams_and_a_new_request(own, enclave, marker):
    body = request(own, script(ROLE, *say("here"), {"gate": marker}, *ENDING), stream=True)
    streams = [own.connect() for _ in range(100)]
    try:
        for stream in streams:
            stream.sendall(body)
        for stream in streams:
            received = b""
            while b"here" not in received:
                received += stream.recv(65536)
        began = time.monotonic()
        answer = httpx.post(
            own.url + "/v1/chat/completions", json=ask("echo:x"), timeout=10, trust_env=False
        )
        assert answer.status_code == 200 and time.monotonic() - began < 3
        enclave.gate(marker).set()
        for stream in streams:
            assert read_all(stream).endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
    finally:
        for stream in streams:
            stream.close()


def test_a_large_history_is_sealed_and_arrives(own, enclave, marker):
    messages = [
        {"role": ("user", "assistant")[n % 2], "content": f"{marker} {n} " + "w" * 20000}
        for n in range(300)
    ]
    messages.append({"role": "user", "content": "echo:done"})
    answer = httpx.post(
        own.url + "/v1/chat/completions",
        json={"model": MODEL, "messages": messages},
        timeout=30,
        trust_env=False,
    )
    assert answer.json()["choices"][0]["message"]["content"] == "done"
    opened = enclave.chat_that_said(marker).opened
    assert [content for _, content in opened] == [message["content"] for message in messages]


def test_one_text_of_four_mebibytes_is_sealed_while_others_are_served(own, enclave, marker):
    text = marker + "w" * (4 * MIB)
    body = {
        "model": MODEL,
        "messages": [{"role": "system", "content": text}, {"role": "user", "content": "echo:x"}],
    }
    with ThreadPoolExecutor(1) as pool:
        large = pool.submit(
            httpx.post, own.url + "/v1/chat/completions", json=body, timeout=30, trust_env=False
        )
        small = httpx.post(
            own.url + "/v1/chat/completions", json=ask("echo:y"), timeout=10, trust_env=False
        )
        assert small.status_code == 200 and large.result().status_code == 200
    assert enclave.chat_that_said(marker).opened[0][1] == text


def test_a_log_nobody_reads_stops_nothing_and_says_what_was_lost(enclave):
    with Proxy.serving(enclave) as proxy:
        proxy.reads.clear()
        # Each refusal writes a line of about 150 bytes; a pipe holds 64 KiB of them.
        with httpx.Client(base_url=proxy.url, timeout=10, trust_env=False) as http:
            assert {http.get("/nothing").status_code for _ in range(1500)} == {404}
            assert http.get("/health").status_code == 200
            proxy.reads.set()
            proxy.wait_for(lambda: proxy.errors.count("not_found") > 100)
            assert http.get("/nothing").status_code == 404
            proxy.wait_for(lambda: "lines lost)" in proxy.errors)
