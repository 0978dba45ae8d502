"""Starts the real program, reads what it prints, and stops it."""

import atexit
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("E2EE_PROXY_BINARY") or REPOSITORY / ".build/release/e2ee-proxy")
LISTENING = re.compile(r"listening on http://(\S+):(\d+)")
API_KEY = "enclave-test-key"
FOLDER = tempfile.mkdtemp(prefix="e2ee-proxy-user-")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def environment(**more: str | None) -> dict[str, str]:
    """The environment without anything that could configure the program, and with `more`."""
    unwanted = (
        "E2EE_PROXY_",
        "VENICE_",
        "OPENAI_",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "SSL_CERT",
    )
    folders = {
        name: f"{FOLDER}/{name}" for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")
    }
    kept = folders | {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(unwanted) and name not in folders
    }
    return kept | {name: value for name, value in more.items() if value is not None}


def run(
    *arguments: str, seconds: float = 15, **variables: str | None
) -> subprocess.CompletedProcess[str]:
    """Runs the program to its end."""
    return subprocess.run(
        [BINARY, *arguments],
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
    )


class Proxy:
    def __init__(self, *arguments: str, **variables: str | None):
        assert BINARY.exists(), f"{BINARY} is missing: build it, or name one in E2EE_PROXY_BINARY"
        self.process = subprocess.Popen(
            [BINARY, *arguments],
            env=environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.reads = threading.Event()  # while it is not set, nobody reads what is printed
        self.reads.set()
        self.deaf = False  # a deaf proxy's pipes are closed with the next thing it prints
        self._changed = threading.Condition()
        self._readers = [
            threading.Thread(target=self._collect, args=(pipe, kept), daemon=True)
            for pipe, kept in (
                (self.process.stdout, self.stdout),
                (self.process.stderr, self.stderr),
            )
        ]
        for reader in self._readers:
            reader.start()
        self.host, self.port = "127.0.0.1", 0

    @classmethod
    def serving(
        cls,
        enclave,
        *more: str,
        host: str = "127.0.0.1",
        port: int = 0,
        key: str | None = API_KEY,
        **variables,
    ):
        """A proxy in front of this enclave that already listens."""
        variables.setdefault("VENICE_API_KEY", key)
        proxy = cls(
            "serve",
            "--host",
            host,
            "--port",
            str(port),
            "--upstream-url",
            enclave.url,
            "--ca-file",
            str(enclave.ca_file),
            "--verify",
            "binding",
            "--log-level",
            "trace",
            *more,
            **variables,
        )
        return proxy.wait_until_listening()

    def wait_until_listening(self, seconds: float = 15) -> "Proxy":
        def ready():
            return (
                LISTENING.search(self.stderr.decode(errors="replace"))
                or self.process.poll() is not None
            )

        try:
            self.wait_for(ready, seconds)
            found = LISTENING.search(self.errors)
            assert found, f"the proxy did not listen; it said:\n{self.errors}"
        except BaseException:
            self.stop()
            raise
        self.host, self.port = found[1].strip("[]"), int(found[2])
        return self

    def _collect(self, pipe, kept: bytearray):
        while self.reads.wait() and (piece := os.read(pipe.fileno(), 65536)) and not self.deaf:
            with self._changed:
                kept += piece
                self._changed.notify_all()
        pipe.close()
        with self._changed:
            self._changed.notify_all()

    def wait_for(self, condition, seconds: float = 10):
        """Waits until what was printed (or the end of the program) fulfils the condition."""
        end = time.monotonic() + seconds
        with self._changed:
            while not condition():
                left = end - time.monotonic()
                assert left > 0, f"the proxy did not do it in {seconds} s; it said:\n{self.errors}"
                self._changed.wait(min(left, 0.1))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def errors(self) -> str:
        return self.stderr.decode(errors="replace")

    @property
    def printed(self) -> bytes:
        return bytes(self.stdout) + bytes(self.stderr)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = 10) -> int:
        code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(5)
        return code

    def stop(self) -> int | None:
        if self.process.poll() is None:
            self.terminate()
        try:
            return self.wait(8)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.wait(5)

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *problem):
        self.stop()

    # Raw access

    def connect(self, seconds: float = 10) -> socket.socket:
        return socket.create_connection(
            (self.host if self.host != "0.0.0.0" else "127.0.0.1", self.port), seconds
        )

    def send(self, data: bytes, half_close: bool = False, seconds: float = 10) -> "Answers":
        """Sends these bytes on a new connection and reads until the proxy closes or falls silent."""
        with self.connect(seconds) as connection:
            try:
                connection.sendall(data)
                if half_close:
                    connection.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return Answers.read(connection)


class Answer:
    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes, raw_head: bytes):
        self.status = status
        self.headers = headers
        self.body = body
        self.raw_head = raw_head

    def header(self, name: str) -> str | None:
        found = [value for known, value in self.headers if known.lower() == name.lower()]
        return found[0] if found else None


class Answers:
    """What came back on one connection: answers in order, and whether it was closed after them."""

    def __init__(self, answers: list[Answer], closed: bool, rest: bytes):
        self.list = answers
        self.closed = closed
        self.rest = rest

    @property
    def statuses(self) -> list[int]:
        return [answer.status for answer in self.list]

    @property
    def only(self) -> Answer:
        assert len(self.list) == 1, f"{self.statuses} and {self.rest[:200]!r}"
        return self.list[0]

    @classmethod
    def read(
        cls, connection: socket.socket, silence: float = 0.15, methods: tuple[str, ...] = ()
    ) -> "Answers":
        """Reads until the end of the connection, or until nothing came for `silence` after an answer."""
        raw, closed = b"", False
        while True:
            complete = cls._split(raw, methods)
            connection.settimeout(silence if complete[0] and not complete[1] else 10)
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                break
            except (ConnectionResetError, BrokenPipeError):
                closed = True
                break
            if not piece:
                closed = True
                break
            raw += piece
        answers, rest = cls._split(raw, methods, at_end=closed)
        return cls(answers, closed, rest)

    @staticmethod
    def _split(
        raw: bytes, methods: tuple[str, ...], at_end: bool = False
    ) -> tuple[list[Answer], bytes]:
        answers: list[Answer] = []
        while True:
            end = raw.find(b"\r\n\r\n")
            if end < 0:
                return answers, raw
            head, after = raw[:end], raw[end + 4 :]
            lines = head.decode("latin-1").split("\r\n")
            assert re.fullmatch(r"HTTP/1\.[01] \d{3} .*", lines[0]), lines[0]
            status = int(lines[0].split(" ")[1])
            headers = [
                (name, value.strip())
                for name, _, value in (line.partition(":") for line in lines[1:])
            ]
            answer = Answer(status, headers, b"", head)
            final = [one for one in answers if one.status >= 200]
            method = methods[len(final)] if len(final) < len(methods) else "GET"
            if method == "HEAD" or status < 200 or status in (204, 304):
                answers.append(answer)
                raw = after
            elif (answer.header("transfer-encoding") or "").lower() == "chunked":
                body, after = _dechunk(after)
                if body is None:
                    return answers, raw
                answer.body = body
                answers.append(answer)
                raw = after
            elif answer.header("content-length") is not None:
                length = int(answer.header("content-length"))
                if len(after) < length:
                    return answers, raw
                answer.body = after[:length]
                answers.append(answer)
                raw = after[length:]
            else:
                if not at_end:
                    return answers, raw
                answer.body = after
                return [*answers, answer], b""


def _dechunk(data: bytes) -> tuple[bytes | None, bytes]:
    body = b""
    while True:
        line, found, rest = data.partition(b"\r\n")
        if not found:
            return None, data
        size = int(line.split(b";")[0], 16)
        if size == 0:
            _, found, after = (b"\r\n" + rest).partition(b"\r\n\r\n")
            return (body, after) if found else (None, data)
        if len(rest) < size + 2:
            return None, data
        body += rest[:size]
        data = rest[size + 2 :]


def status_of(port: int, path: str = "/health") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    return connection.getresponse().status
