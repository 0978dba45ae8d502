"""SIGTERM at a random moment of running streams: what can finish does, nothing else begins, exit 0.

DRAIN_RUNS says how often (five times where it is not set), DRAIN_SEED which moments.
"""

import json
import os
import random
import socket
import threading
import time
from collections import Counter

from proxy import Proxy
from replies import ENDING, ROLE, say, script

MODEL = "e2ee-plain-p"
RUNS = int(os.environ.get("DRAIN_RUNS") or 5)
SEED = int(os.environ.get("DRAIN_SEED") or time.time_ns() % 1_000_000)
STREAMS, WORDS = 12, 15
DRAIN_SECONDS = 2.0


class Stream(threading.Thread):
    """One client: asks, reads to the end, and knows what became of it."""

    def __init__(self, run: "Run", number: int):
        super().__init__(daemon=True)
        self.run_, self.number = run, number
        self.stalls = run.has_stall and number == 0
        self.words = [f"r{number}w{n} " for n in range(WORDS)]
        self.received = b""
        self.refused = False

    def run(self):
        steps = [ROLE]
        for word in self.words:
            steps += [*say(word), {"pause": 20}]
        steps += [{"stall": True}] if self.stalls else ENDING
        body = json.dumps(
            {
                "model": MODEL,
                "stream": True,
                "messages": [{"role": "user", "content": script(*steps)}],
            }
        ).encode()
        head = (
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:%d\r\nContent-Type: application/json\r\n"
            "Content-Length: %d\r\n\r\n" % (self.run_.proxy.port, len(body))
        ).encode()
        try:
            with self.run_.proxy.connect(20) as connection:
                connection.sendall(head + body)
                while not self.is_whole and (piece := connection.recv(65536)):
                    self.received += piece
                    self.run_.note()
        except OSError:
            self.refused = not self.received

    @property
    def word_count(self) -> int:
        return self.received.count(b'"content":"r')

    @property
    def is_whole(self) -> bool:
        return self.received.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")

    def outcome(self) -> str:
        if self.refused or not self.received:
            return "refused"
        if not self.received.startswith(b"HTTP/1.1 200"):
            assert self.received.startswith(b"HTTP/1.1 503") and b'"error"' in self.received
            return "refused"
        if self.is_whole:
            places = [self.received.find(word.encode()) for word in self.words]
            assert -1 not in places and places == sorted(places) and self.word_count == WORDS
            assert self.received.count(b"[DONE]") == 1
            return "whole"
        assert b"[DONE]" not in self.received and not self.received.endswith(b"0\r\n\r\n")
        assert b'data: {"error"' in self.received, self.received[-300:]
        return "cut"


class Run:
    def __init__(self, enclave, moment: int, has_stall: bool):
        self.has_stall, self.moment = has_stall, moment
        self.changed = threading.Condition()
        with Proxy.serving(enclave, "--drain-timeout", str(DRAIN_SECONDS)) as proxy:
            self.proxy = proxy
            streams = [Stream(self, number) for number in range(STREAMS)]
            for stream in streams:
                stream.start()
            with self.changed:
                assert self.changed.wait_for(
                    lambda: sum(one.word_count for one in streams) >= moment, 20
                )
            running = [one for one in streams if one.word_count > 0]
            began = time.monotonic()
            proxy.terminate()
            proxy.wait_for(lambda: "shutting down" in proxy.errors, 5)
            proxy.wait_for(lambda: refuses(proxy), 5)
            code = proxy.wait(DRAIN_SECONDS + 5)
            self.seconds = time.monotonic() - began
            for stream in streams:
                stream.join(10)
                assert not stream.is_alive(), "a client was left waiting"
        assert code == 0, f"exit {code}: {proxy.errors[-1000:]}"
        assert self.seconds < DRAIN_SECONDS + 1
        self.outcomes = Counter(one.outcome() for one in streams)
        self.running = len(running)
        for one in running:
            expected = "cut" if one.stalls else "whole"
            assert one.outcome() == expected, f"a running stream was {one.outcome()}"

    def note(self):
        with self.changed:
            self.changed.notify_all()


def refuses(proxy: Proxy) -> bool:
    try:
        socket.create_connection((proxy.host, proxy.port), 1).close()
        return False
    except OSError:
        return True


def test_a_proxy_told_to_stop_at_any_moment_finishes_what_runs(enclave):
    chance = random.Random(SEED)
    outcomes, running, longest = Counter(), 0, 0.0
    for number in range(RUNS):
        has_stall = number % 5 == 4
        moment = chance.randrange(0, (STREAMS - 1) * WORDS)
        try:
            run = Run(enclave, moment, has_stall)
        except AssertionError as problem:
            raise AssertionError(
                f"run {number} of DRAIN_SEED={SEED}, stopped after {moment} words: {problem}"
            ) from problem
        outcomes += run.outcomes
        running += run.running
        longest = max(longest, run.seconds)
    print(
        f"\ndrain: {RUNS} runs, {sum(outcomes.values())} streams, {running} running at SIGTERM; "
        + ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()))
        + f"; exit 0 each time, {longest:.2f} s at most (limit {DRAIN_SECONDS} s); seed {SEED}"
    )
