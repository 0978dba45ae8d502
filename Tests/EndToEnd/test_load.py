"""Ten thousand idle connections, a thousand streams, storms, and more than the proxy takes.

Slow: only with `-m slow`. Figures are printed as one line each (`-s` shows them).
"""

import json
import os
import random
import re
import resource
import select
import socket
import struct
import threading
import time
from collections import Counter

import httpx
import pytest

from proxy import Proxy
from raw_requests import get, is_well, post
from replies import ENDING, ROLE, say, script
from watching import MIB, cpu_seconds, cpu_share, descriptors, resident, until

pytestmark = pytest.mark.slow
IDLE = int(os.environ.get("LOAD_IDLE") or 10_000)
STREAMS = int(os.environ.get("LOAD_STREAMS") or 1_000)
MODEL = "e2ee-plain-p"
RESET = struct.pack("ii", 1, 0)


@pytest.fixture(scope="module", autouse=True)
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < IDLE + 1000:
        pytest.skip(f"only {hard} descriptors are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connected(proxy: Proxy, number: int) -> socket.socket:
    """From one of many addresses of this machine, so that ports do not run out."""
    one = socket.socket()
    one.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
    one.bind((f"127.0.0.{2 + number % 8}", 0))
    one.settimeout(20)
    one.connect((proxy.host, proxy.port))
    return one


STOPPED = {  # what was sent before the silence, the limit in seconds, the answers
    "between-requests": (get(), 75, [200]),
    "in-a-body": (post(framing=b"Content-Length: 5000\r\n"), 30, [408]),
    "in-a-chunk": (post(b"fff\r\n{", framing=b"Transfer-Encoding: chunked\r\n"), 30, [408]),
    "in-a-head": (get()[:30], 10, [408]),
    "unspoken": (b"", 10, []),
}


class Silence(threading.Thread):
    """A connection that stops speaking; notes what it got and after how long it was closed."""

    def __init__(self, proxy: Proxy, number: int, data: bytes):
        super().__init__(daemon=True)
        self.received, self.seconds = b"", None
        self.connection, self.began = connected(proxy, number), time.monotonic()
        self.connection.settimeout(120)
        self.connection.sendall(data.replace(b"%PORT%", b"%d" % proxy.port))
        self.start()

    def run(self):
        with self.connection:
            while piece := self.connection.recv(65536):
                self.received += piece
        self.seconds = time.monotonic() - self.began


@pytest.fixture(scope="module", autouse=True)
def silences(enclave, many_descriptors):
    """Begun with the module, so that the longest wait passes beside the other tests."""
    with Proxy.serving(enclave) as proxy:
        yield {
            name: Silence(proxy, number, data)
            for number, (name, (data, _, _)) in enumerate(STOPPED.items())
        }


def ask(text: str, **more) -> bytes:
    body = {"model": MODEL, "messages": [{"role": "user", "content": text}], **more}
    return json.dumps(body).encode()


@pytest.fixture
def own(enclave):
    with Proxy.serving(enclave, "--log-level", "notice") as proxy:
        # Everything that is made once is made now.
        for _ in range(5):
            answer = httpx.post(proxy.url + "/v1/chat/completions", content=ask("echo:warm"),
                                headers={"content-type": "application/json"}, trust_env=False)  # fmt: skip
            assert answer.status_code == 200
        yield proxy


@pytest.mark.parametrize("asked", [False, True], ids=["silent", "after-an-answer"])
def test_idle_connections_cost_little_memory_and_no_time(enclave, asked):
    """Those that never spoke, and those that were answered and are kept for a next request."""
    with Proxy.serving(enclave, "--log-level", "notice", "--header-timeout", "600") as proxy:
        request = get().replace(b"%PORT%", b"%d" % proxy.port)
        base, before = descriptors(proxy.process), resident(proxy.process)
        clients, lines = [], []
        try:
            for goal in (IDLE // 10, IDLE):
                while len(clients) < goal:
                    clients.append(connected(proxy, len(clients)))
                    if asked:
                        clients[-1].sendall(request)
                        assert clients[-1].recv(4096).startswith(b"HTTP/1.1 200")
                until(lambda: descriptors(proxy.process) == base + len(clients), 20)
                each = (resident(proxy.process) - before) / len(clients)
                lines.append(f"{len(clients)} idle connections: {each / 1024:.2f} KiB each")
                assert each < 8 * 1024
            share = cpu_share(proxy.process, 3)
            assert share < 0.01, f"idle connections take {share:.1%} of a core"
            # One more than is taken is told so at once.
            if IDLE >= 10_000:
                began = time.monotonic()
                with connected(proxy, 0) as one:
                    answer = one.recv(4096)
                assert answer.startswith(b"HTTP/1.1 503") and b"retry-after" in answer.lower()
                lines.append(f"one more: 503 in {(time.monotonic() - began) * 1000:.1f} ms")
        finally:
            for one in clients:
                one.close()
        until(lambda: descriptors(proxy.process) == base, 20, "the end of the connections")
        assert is_well(proxy)
        kept = resident(proxy.process) - before
        lines.append(f"CPU {share:.2%}; afterwards {kept / MIB:.1f} MiB more than before")
        print(f"\nload ({'after an answer' if asked else 'silent'}): " + "; ".join(lines))


class Stream:
    def __init__(self, number: int):
        self.words = [f"s{number}w{n} " for n in range(20)]
        self.received = bytearray()

    @property
    def text(self) -> str:
        head, _, rest = bytes(self.received).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        body = b""
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
        events = [block.removeprefix(b"data: ") for block in body.split(b"\n\n") if block]
        assert events[-1] == b"[DONE]"
        choices = [choice for event in events[:-1] for choice in json.loads(event)["choices"]]
        return "".join(choice["delta"].get("content") or "" for choice in choices)


def test_a_thousand_streams_end_complete_and_right(own):
    streams: dict[int, tuple[socket.socket, Stream]] = {}
    poll = select.epoll()
    base, before, used = descriptors(own.process), resident(own.process), cpu_seconds(own.process)
    began = time.monotonic()
    for number in range(STREAMS):
        stream = Stream(number)
        steps = [step for word in stream.words for step in (*say(word), {"pause": 500})]
        client = connected(own, number)
        client.sendall(
            post(ask(script(ROLE, *steps, *ENDING), stream=True)).replace(
                b"%PORT%", b"%d" % own.port
            )
        )
        poll.register(client, select.EPOLLIN)
        streams[client.fileno()] = (client, stream)
    open_count, peak, peak_count = STREAMS, 0, 0
    while open_count:
        ready = poll.poll(30)
        assert ready, f"{open_count} streams fell silent"
        for number, _ in ready:
            client, stream = streams[number]
            piece = client.recv(65536)
            assert piece, f"a stream was cut: {bytes(stream.received[-300:])!r}"
            stream.received += piece
            if stream.received.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n"):
                poll.unregister(client)
                open_count -= 1
        begun = sum(1 for _, stream in streams.values() if stream.received) if not peak else 0
        if begun == STREAMS and open_count == STREAMS:
            peak, peak_count = resident(own.process), descriptors(own.process) - base
    took, used = time.monotonic() - began, cpu_seconds(own.process) - used
    for client, stream in streams.values():
        assert stream.text == "".join(stream.words)
        client.close()
    assert peak, "the streams did not run all at the same time"
    each = (peak - before) / STREAMS
    assert each < 128 * 1024
    until(lambda: descriptors(own.process) <= base + 64, 10, "the end of the streams")
    print(
        f"\nload: {STREAMS} streams of 20 pieces at once, all whole, in {took:.1f} s: "
        f"{each / 1024:.1f} KiB each with its connection to the provider ({peak_count} descriptors); "
        f"{used * 1e6 / STREAMS / 20:.0f} µs of CPU for each piece, handshakes included"
    )


def test_streams_beyond_the_limit_are_told_so_at_once(enclave, marker):
    limit, more = 50, 200
    text = ask(script(ROLE, *say("here"), {"gate": marker}, *ENDING), stream=True)
    with Proxy.serving(enclave, "--max-requests", str(limit)) as proxy:
        request = post(text).replace(b"%PORT%", b"%d" % proxy.port)
        running = [connected(proxy, number) for number in range(limit)]
        for one in running:
            one.sendall(request)
        for one in running:
            received = b""
            while b"here" not in received:
                received += one.recv(65536)
        slowest = 0.0
        for number in range(more):
            began = time.monotonic()
            with connected(proxy, number) as one:
                one.sendall(request)
                answer = one.recv(65536)
            slowest = max(slowest, time.monotonic() - began)
            assert answer.startswith(b"HTTP/1.1 503") and b"retry-after: " in answer.lower()
        assert slowest < 1
        enclave.gate(marker).set()
        for one in running:
            received = b""
            while piece := one.recv(65536):
                received += piece
                if received.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n"):
                    break
            assert received.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
            one.close()
        print(f"\nload: {more} requests beyond {limit}: 503 each, the slowest in {slowest * 1000:.1f} ms")  # fmt: skip


def test_a_storm_of_connections_leaves_nothing_behind(own):
    """Five thousand that come and go at any moment, by FIN and by reset, while others are served."""
    base, before = descriptors(own.process), resident(own.process)
    chance, count, went = random.Random(7), 5_000, Counter()
    request = post(ask(script(ROLE, *say("x"), {"stall": True}), stream=True))
    request = request.replace(b"%PORT%", b"%d" % own.port)
    slowest, over = [0.0], threading.Event()

    def serve():
        with httpx.Client(base_url=own.url, timeout=20, trust_env=False) as client:
            while not over.is_set():
                began = time.monotonic()
                assert client.get("/health").status_code == 200
                slowest[0] = max(slowest[0], time.monotonic() - began)

    neighbour = threading.Thread(target=serve)
    neighbour.start()
    began = time.monotonic()
    for number in range(count):
        with connected(own, number) as one:
            part = chance.choice(["nothing", "line", "head", "body", "whole"])
            cut = {"nothing": 0, "line": 9, "head": 60, "body": len(request) - 40}
            one.sendall(request[: cut.get(part, len(request))])
            if how := chance.random() < 0.5:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            went[f"{part}, {'reset' if how else 'closed'}"] += 1
    rate = count / (time.monotonic() - began)
    over.set()
    neighbour.join(30)
    until(lambda: descriptors(own.process) <= base + 64, 20, "the end of the storm")
    assert is_well(own) and slowest[0] < 3
    grown = resident(own.process) - before
    assert grown < 64 * MIB
    print(
        f"\nload: {count} connections at {rate:.0f}/s left in {len(went)} ways; a neighbour waited "
        f"{slowest[0] * 1000:.0f} ms at most; {grown / MIB:.1f} MiB more, no descriptor"
    )


@pytest.mark.parametrize("name", STOPPED)
def test_a_connection_that_says_nothing_more_ends_in_time(silences, name):
    (_, limit, statuses), silence = STOPPED[name], silences[name]
    silence.join(limit + 15)
    assert silence.seconds is not None, "it was never closed"
    assert limit - 0.1 <= silence.seconds < limit + 3
    assert [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", silence.received)] == statuses
    print(f"\nload: silence {name}: closed after {silence.seconds:.1f} s")
