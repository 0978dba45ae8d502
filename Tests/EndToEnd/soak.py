"""A mixture of everything for as long as wanted, while memory and descriptors of the proxy are watched.

Run by scripts/soak. Every visit checks its own answer; the run fails when one was wrong, when the
enclave saw something improper, when the proxy ended, or when the proxy grew:

- the median of its memory in the last third exceeds that of the first third by more than 8 MiB and
  10 %; the warm-up (a fifth of the run, two minutes at most) belongs to neither;
- the median of its unexplained descriptors grew by more than 8: those beyond the ones of the start,
  the visits that are open, and the connections the provider has. How many are open altogether says
  little: a busy machine makes visits last longer, so that more of them are open at a time;
- when the connections kept for the provider have timed out (30 s) more descriptors are open than
  before the first visit.
"""

import argparse
import asyncio
import csv
import json
import random
import socket
import statistics
import struct
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from enclave import Enclave
from evidence import BAD
from proxy import Answers, Proxy
from replies import ENDING, ROLE, say, script, whole
from test_broken_answers import BROKEN, GOOD
from test_http_hazards import MALFORMED, NOT_JSON, post
from watching import MIB, cpu_seconds, descriptors, resident

VISITORS = 40
MODEL = "e2ee-plain-p"
ROTATING = "e2ee-fresh-001"
WORDS = ["alpha ", "bêta ", "γάμμα ", "дельта ", "イプシロン ", "🦊 ", "plain ", "words "]


class Wrong(Exception):
    pass


def check(condition, what: str):
    if not condition:
        raise Wrong(what)


class Visit:
    """One connection from its first byte to its last."""

    def __init__(self, soak: "Soak"):
        self.soak, self.chance = soak, soak.chance

    async def __aenter__(self):
        self.soak.open_visits += 1
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self.soak.proxy.port, limit=1 << 20
        )
        return self

    async def __aexit__(self, *problem):
        self.soak.open_visits -= 1
        self.writer.transport.abort()

    def reset_on_close(self):
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def ask(self, text: str, model: str = MODEL, **more):
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        data = post(json.dumps(body).encode(), b"Connection: close")
        self.writer.write(data.replace(b"%PORT%", b"%d" % self.soak.proxy.port))

    async def everything(self) -> bytes:
        pieces = []
        try:
            while piece := await self.reader.read(65536):
                pieces.append(piece)
        except ConnectionResetError:
            pass
        return b"".join(pieces)

    async def answer(self):
        raw = await self.everything()
        answers, rest = Answers._split(raw, (), at_end=True)
        check(len(answers) == 1, f"not one answer: {raw[:300]!r}")
        return answers[0]


def events_of(body: bytes) -> list[bytes]:
    return [block.removeprefix(b"data: ") for block in body.split(b"\n\n") if block]


def text_of(body: bytes) -> str:
    events = events_of(body)
    check(events[-1] == b"[DONE]", f"a stream ended with {events[-1][:200]!r}")
    choices = [choice for event in events[:-1] for choice in json.loads(event)["choices"]]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def is_paused(answer) -> bool:
    """After many attestations that failed new ones are put off; that is told, and no fault."""
    return answer.status == 503 and b"attestation_paused" in answer.body


class Soak:
    def __init__(self, minutes: float, file: Path, seed: int, leaks: bool = False):
        self.leaks, self.leaked = leaks, []
        self.seconds, self.file, self.chance = minutes * 60, file, random.Random(seed)
        self.done, self.wrong, self.samples = Counter(), [], []
        self.open_visits = 0

    # Visits

    def words(self, least: int, most: int) -> list[str]:
        return [self.chance.choice(WORDS) for _ in range(self.chance.randint(least, most))]

    async def good_stream(self, visit: Visit):
        words = self.words(1, 60)
        steps = [ROLE]
        for word in words:
            steps += say(word)
            if self.chance.random() < 0.2:
                steps.append({"pause": self.chance.randint(1, 40)})
        delivery = self.chance.choice(["events", "crlf", "comments", "one-write", "tiny-records"])
        visit.ask(script(*steps, *ENDING, delivery=delivery), stream=True)
        answer = await visit.answer()
        check(answer.status == 200, f"a good stream got {answer.status}: {answer.body[:300]!r}")
        check(text_of(answer.body) == "".join(words), "a good stream lost words")

    async def folded(self, visit: Visit):
        words = self.words(1, 60)
        visit.ask(whole(*words))
        answer = await visit.answer()
        check(answer.status == 200, f"a folded answer got {answer.status}: {answer.body[:300]!r}")
        message = json.loads(answer.body)["choices"][0]["message"]
        check(message["content"] == "".join(words), "a folded answer lost words")

    async def unusual(self, visit: Visit):
        visit.ask(GOOD[self.chance.choice(list(GOOD))])
        answer = await visit.answer()
        check(answer.status == 200, f"an unusual answer got {answer.status}: {answer.body[:300]!r}")

    async def cancelled(self, visit: Visit):
        steps = [step for word in self.words(3, 20) for step in (*say(word), {"pause": 20})]
        visit.ask(script(ROLE, *steps, {"stall": True}), stream=True)
        await visit.reader.read(self.chance.choice([1, 500, 2000]))
        if self.chance.random() < 0.5:
            visit.reset_on_close()

    async def abandoned(self, visit: Visit):
        data = post(json.dumps({"x": "y" * 2000}).encode())
        visit.writer.write(data[: self.chance.randrange(len(data))])
        if self.chance.random() < 0.5:
            visit.reset_on_close()

    async def broken(self, visit: Visit):
        name, stream = self.chance.choice(list(BROKEN)), self.chance.random() < 0.5
        visit.ask(BROKEN[name], stream=stream)
        raw = await visit.everything()
        check(b"BAD" not in raw and b"[DONE]" not in raw, f"{name} was passed off as a success")
        check(b'"error"' in raw, f"{name} was not told")
        check(raw.startswith(b"HTTP/1.1 5") or not raw.endswith(b"\r\n0\r\n\r\n"), f"{name} is whole")

    async def bad_request(self, visit: Visit):
        name = self.chance.choice(list(MALFORMED))
        data, statuses = MALFORMED[name]
        visit.writer.write(data.replace(b"%PORT%", b"%d" % self.proxy.port))
        answer = await visit.answer()
        check(answer.status in statuses, f"{name} got {answer.status}")

    async def bad_body(self, visit: Visit):
        name = self.chance.choice(list(NOT_JSON))
        data = post(NOT_JSON[name], b"Connection: close")
        visit.writer.write(data.replace(b"%PORT%", b"%d" % self.proxy.port))
        answer = await visit.answer()
        check(answer.status == 400, f"{name} got {answer.status}")

    async def slow_reader(self, visit: Visit):
        visit.writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVBUF, 32768
        )
        visit.ask(script(ROLE, {"flood": 20, "bytes": 32768}, *ENDING), stream=True)
        raw = b""
        while piece := await visit.reader.read(32768):
            raw += piece
            await asyncio.sleep(0.02)
        check(raw.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n"), "a slow reader got no end")
        check(raw.count(b"y" * 1000) == 20 * 32, "a slow reader lost text")

    async def idle(self, visit: Visit):
        for _ in range(self.chance.randint(1, 3)):
            visit.writer.write(b"GET /health HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % self.proxy.port)
            check((await visit.reader.read(4096)).startswith(b"HTTP/1.1 200"), "no health")
            await asyncio.sleep(self.chance.random() * 4)

    async def bad_evidence(self, visit: Visit):
        visit.ask("never to be sent", "e2ee-bad-" + self.chance.choice(list(BAD)))
        answer = await visit.answer()
        check(answer.status in (404, 502, 503), f"bad evidence got {answer.status}")

    async def rotated(self, visit: Visit):
        async with self.turning:  # a key that changes twice during one request is one too many
            self.enclave.rotate(ROTATING)
            visit.ask("echo:turned", ROTATING)
            answer = await visit.answer()
        check(answer.status == 200 or is_paused(answer), f"a new key got {answer.status}")

    KINDS = {
        "good_stream": 30,
        "folded": 15,
        "unusual": 8,
        "cancelled": 12,
        "abandoned": 8,
        "broken": 10,
        "bad_request": 10,
        "bad_body": 4,
        "slow_reader": 3,
        "idle": 10,
        "bad_evidence": 0.5,
        "rotated": 1,
    }

    async def visitor(self, end: float):
        kinds, weights = list(self.KINDS), list(self.KINDS.values())
        while time.monotonic() < end and len(self.wrong) < 20:
            kind = self.chance.choices(kinds, weights)[0]
            try:
                async with asyncio.timeout(60), Visit(self) as visit:
                    await getattr(self, kind)(visit)
                self.done[kind] += 1
            except Exception as problem:  # whatever it was, it belongs into the report
                self.wrong.append(f"{kind}: {type(problem).__name__} {problem}")

    # The run

    async def watch(self, end: float, interval: float):
        with self.file.open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["seconds", "rss_bytes", "descriptors", "unexplained", "cpu_seconds", "visits", "wrong"])
            while time.monotonic() < end and self.proxy.process.poll() is None:
                process = self.proxy.process
                count = descriptors(process)
                known = self.base + self.open_visits + self.enclave.open_connections
                row = [
                    round(time.monotonic() - self.began, 1),
                    resident(process),
                    count,
                    count - known,
                    cpu_seconds(process),
                    self.done.total(),
                    len(self.wrong),
                ]
                self.samples.append(row)
                table.writerow(row)
                file.flush()
                if self.leaks:
                    # Asked once, a connection is kept for 75 s: the proxy would close a silent one.
                    self.leaked.append(self.proxy.connect())
                    request = b"GET /health HTTP/1.1\r\nHost: localhost:%d\r\n\r\n"
                    self.leaked[-1].sendall(request % self.proxy.port)
                del self.enclave.received[:-200]
                self.proxy.stderr[:] = self.proxy.stderr[-100_000:]
                await asyncio.sleep(interval)

    async def visits(self):
        self.turning = asyncio.Lock()
        self.began = time.monotonic()
        end = self.began + self.seconds
        watch = asyncio.create_task(self.watch(end, min(5.0, max(1.0, self.seconds / 60))))
        await asyncio.gather(*(self.visitor(end) for _ in range(VISITORS)), watch)

    def run(self) -> list[str]:
        """What went wrong."""
        with tempfile.TemporaryDirectory() as folder:
            self.enclave = Enclave(Path(folder)).start()
            try:
                with Proxy.serving(self.enclave, "--log-level", "info") as self.proxy:
                    return self.watched()
            finally:
                self.enclave.stop()

    def watched(self) -> list[str]:
        self.base = descriptors(self.proxy.process)
        asyncio.run(self.visits())
        problems = self.wrong + self.enclave.violations
        if self.proxy.process.poll() is not None:
            return problems + [f"the proxy ended: {self.proxy.errors[-1000:]}"]
        end = time.monotonic() + 40
        while descriptors(self.proxy.process) > self.base and time.monotonic() < end:
            time.sleep(0.05)
        self.left = descriptors(self.proxy.process) - self.base
        if self.left > 0:
            problems.append(f"{self.left} descriptors were left open")
        if self.proxy.stop() != 0:
            problems.append("the proxy did not end with 0")
        return problems + self.growth()

    def growth(self) -> list[str]:
        warm = min(self.seconds / 5, 120)
        rows = [row for row in self.samples if row[0] >= warm]
        third = len(rows) // 3
        if third < 3:
            return ["too few samples to judge"]
        problems, self.medians = [], []
        for name, column, least, share in (
            ("memory", 1, 8 * MIB, 0.10),
            ("unexplained descriptors", 3, 8, 0),
        ):
            first = statistics.median(row[column] for row in rows[:third])
            last = statistics.median(row[column] for row in rows[-third:])
            self.medians.append((first, last))
            if last > first + max(least, share * first):
                problems.append(f"{name} grew from {first:.0f} to {last:.0f}")
        return problems

    def report(self):
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.done.items()))
        cpu = self.samples[-1][4]
        print(f"soak: {self.seconds / 60:g} min, {self.done.total()} visits ({kinds})")
        if getattr(self, "medians", None):
            (first, last), (few, many) = self.medians
            print(
                f"soak: memory {first / MIB:.1f} MiB in the first third, {last / MIB:.1f} MiB in the last; "
                f"unexplained descriptors {few:.0f} and {many:.0f}, {self.left} more than at first in the end; "
                f"{cpu:.0f} s of CPU; {self.file}"
            )
        print(curve([row[1] / MIB for row in self.samples]))


def curve(values: list[float], width: int = 72, height: int = 8) -> str:
    """The course of memory as text: each column the largest value of its time."""
    width = min(width, len(values))
    at = [index * len(values) // width for index in range(width + 1)]
    columns = [max(values[at[i] : at[i + 1]]) for i in range(width)]
    top = max(columns)
    lines = []
    for row in range(height, 0, -1):
        limit = top * (row - 0.5) / height
        bar = "".join("#" if value >= limit else " " for value in columns)
        lines.append(f"{top * row / height:6.1f} MiB |{bar}")
    return "\n".join(lines)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("minutes", nargs="?", type=float, default=30)
    options.add_argument("file", nargs="?", type=Path, help="the table of samples (CSV)")
    options.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    options.add_argument(
        "--leak", action="store_true",
        help="opens a connection with every sample and forgets it: the run has to fail",
    )  # fmt: skip
    chosen = options.parse_args()
    file = chosen.file or Path(tempfile.mkdtemp(prefix="soak-")) / "samples.csv"
    print(f"soak: seed {chosen.seed}, samples in {file}", flush=True)
    soak = Soak(chosen.minutes, file, chosen.seed, chosen.leak)
    problems = soak.run()
    soak.report()
    for problem in problems[:20]:
        print("WRONG:", problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
