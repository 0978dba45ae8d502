"""A provider that does not exist: TLS, catalogue, attestation and an enclave that opens prompts
and seals answers. Written from the description of the wire protocol alone, sharing nothing with
the program under test, so that both cannot be wrong in the same way without a test noticing.

It keeps every byte it receives, and it keeps a list of `violations`: things a correct proxy never
sends, such as a clear text, an unknown field or a sender key that was used before.
"""

import asyncio
import itertools
import json
import re
import socket
import ssl
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from coincurve import PrivateKey

import clear_chat
from certificates import Authority
from envelope import NotAnEnvelope, open_sealed, public_hex, read_point
from evidence import BAD, SHAPES, UNUSUAL, attest
from families import CORRECTION, Brain, text_of
from performance import ClientLeft, Performance, head_bytes

BASE_PATH = "/api/v1"

CLIENT_KEY = "x-venice-tee-client-pub-key"
MODEL_KEY = "x-venice-tee-model-pub-key"
ALGORITHM = "x-venice-tee-signing-algo"

NUMBER = (int, float)
CLEAR_FIELDS: dict[str, object] = {
    "model": str,
    "messages": list,
    "stream": bool,
    "temperature": NUMBER,
    "top_p": NUMBER,
    "max_tokens": int,
    "max_completion_tokens": int,
    "frequency_penalty": NUMBER,
    "presence_penalty": NUMBER,
    "seed": int,
    "reasoning_effort": str,
    "reasoning": dict,
    "stream_options": dict,
    "venice_parameters": dict,
}
EFFORTS = {"none", "minimal", "low", "medium", "high", "xhigh", "max"}
VENICE_PARAMETERS = {
    "include_venice_system_prompt": False,
    "enable_web_search": "off",
    "enable_e2ee": True,
}


@dataclass
class Model:
    id: str
    shape: str = "dstack-flat"
    spoiled: str | None = None  # a name of evidence.BAD or evidence.UNUSUAL
    bad_times: int | None = None  # how many attestations are spoiled; None means all
    vision: bool = False
    e2ee: bool = True
    always_mismatch: bool = False
    clear: bool = False  # may be asked without encryption
    brain: Brain | None = None  # who answers what is no script
    key: PrivateKey = field(default_factory=PrivateKey)
    attestations: int = 0

    def entry(self) -> dict:
        return {
            "id": self.id,
            "object": "model",
            "created": 1754000000,
            "owned_by": "venice.ai",
            "type": "text",
            "context_length": 131072,
            "model_spec": {
                "name": self.id.title(),
                "description": "A model of the tests",
                "privacy": "private",
                "availableContextTokens": 131072,
                "maxCompletionTokens": 8192,
                "pricing": {
                    "input": {"usd": 0.13, "diem": 0.13},
                    "output": {"usd": 0.65, "diem": 0.65},
                },
                "capabilities": {
                    "supportsE2EE": self.e2ee,
                    "supportsTeeAttestation": self.e2ee,
                    "supportsFunctionCalling": False,
                    "supportsVision": self.vision,
                    "supportsReasoning": True,
                    "supportsResponseSchema": False,
                    "supportsWebSearch": True,
                },
                "constraints": {"temperature": {"default": 0.7}},
                "traits": [],
                "offline": False,
            },
        }


@dataclass
class Received:
    """One request as it arrived, and what became of it."""

    head: bytes
    body: bytes
    method: str
    target: str
    headers: list[tuple[str, str]]
    opened: list[tuple[str, object]] = field(default_factory=list)  # (role, restored content)
    fields: dict = field(default_factory=dict)  # the request object without its messages
    usage: dict | None = None  # what a brain's answer said it used
    arrived_at: float = field(default_factory=time.monotonic)
    status: int | None = None
    client_left: threading.Event = field(default_factory=threading.Event)
    left_at: float | None = None
    answered: bool = False
    flooded: int = 0  # how many bytes of a flood the connection took

    @property
    def path(self) -> str:
        return urlsplit(self.target).path.removeprefix(BASE_PATH)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    def header(self, name: str) -> str | None:
        found = [value for known, value in self.headers if known == name]
        return found[0] if len(found) == 1 else None

    @property
    def model(self) -> str | None:
        return self.fields.get("model") or self.query.get("model")

    @property
    def last_text(self) -> str:
        return text_of(self.opened[-1][1])


class Refused(Exception):
    def __init__(self, status: int, kind: str, message: str):
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "code": kind, "param": None}}


class Enclave:
    def __init__(self, directory: Path, api_key: str = "enclave-test-key", **tls):
        self.api_key = api_key
        self.authority = Authority(directory)
        self.ca_file = self.authority.file
        self.models: dict[str, Model] = {}
        self.received: list[Received] = []
        self.violations: list[str] = []
        self.ports: set[int] = set()  # its own, and those of relays that stand before it
        self.connections = 0
        self.open_connections = 0
        self.catalogue_status = 200
        self.catalogue_body: bytes | None = None  # instead of the list of models
        self._tls = self.authority.server_context(**tls)
        self._changed = threading.Condition()
        self._idle: set[asyncio.StreamWriter] = set()
        self._gates: dict[str, threading.Event] = {}
        self._used_keys: set[str] = set()
        self._used_nonces: set[str] = set()
        self._attestation_nonces: set[str] = set()
        self._ids = itertools.count(1)
        self._fresh = itertools.count(1)
        self._attempts: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._stopping: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="enclave", daemon=True)
        self._add_standard_models()

    # What tests use

    def start(self) -> "Enclave":
        self._thread.start()
        assert self._ready.wait(10), "the enclave did not start"
        return self

    def stop(self):
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}{BASE_PATH}"

    def add(self, id: str, **how) -> str:
        self.models[id] = Model(id, **how)
        return id

    def fresh_model(self) -> str:
        """The id of a model that no test has used; it is in the catalogue from the start."""
        return f"e2ee-fresh-{next(self._fresh):03}"

    def rotate(self, model: str):
        self.models[model].key = PrivateKey()

    def close_idle(self):
        """Closes the connections that wait for a next request, as servers do after a while."""

        def close():
            for writer in list(self._idle):
                writer.close()
                self._loop.call_later(0.02, writer.transport.abort)

        # A client has its answer a moment before the connection that carried it is idle.
        self.wait_for(lambda: 0 < len(self._idle) == self.open_connections)
        self._loop.call_soon_threadsafe(close)
        self.wait_for(lambda: not self._idle)

    def gate(self, name: str) -> threading.Event:
        return self._gates.setdefault(name, threading.Event())

    def chats(self, model: str | None = None) -> list[Received]:
        return [
            one
            for one in list(self.received)
            if one.path == "/chat/completions" and (model is None or one.model == model)
        ]

    def attestations(self, model: str | None = None) -> list[Received]:
        return [
            one
            for one in list(self.received)
            if one.path == "/tee/attestation" and (model is None or one.model == model)
        ]

    def chats_that_said(self, marker: str) -> list[Received]:
        """The chat requests whose opened texts hold this marker, in the order they came."""
        return [
            one
            for one in self.chats()
            if any(marker in json.dumps(c, ensure_ascii=False) for _, c in one.opened)
        ]

    def chat_that_said(self, marker: str) -> Received:
        """The one chat request whose opened texts hold this marker."""
        found = self.chats_that_said(marker)
        assert len(found) == 1, f"{len(found)} chat requests held {marker!r}"
        return found[0]

    def wait_for(self, condition, seconds: float = 10):
        with self._changed:
            assert self._changed.wait_for(condition, seconds), "the enclave waited in vain"

    def everything_received(self) -> bytes:
        return b"\n".join(one.head + one.body for one in list(self.received))

    @contextmanager
    def expecting_violations(self):
        """Yields the list of new violations and forgets them: for tests of the enclave itself."""
        before = len(self.violations)
        new: list[str] = []
        yield new
        new.extend(self.violations[before:])
        del self.violations[before:]

    def _add_standard_models(self):
        self.add("e2ee-plain-p")
        self.add("e2ee-second-p", shape="base64-flat")
        self.add("e2ee-vision-p", vision=True)
        for shape in SHAPES:
            self.add("e2ee-shape-" + shape, shape=shape)
        for name in BAD:
            self.add("e2ee-bad-" + name, spoiled=name)
        for name in UNUSUAL:
            self.add("e2ee-unusual-" + name, spoiled=name)
        for number in range(1, 61):
            self.add(f"e2ee-fresh-{number:03}")
        self.add("e2ee-late-p", spoiled="http-500", bad_times=2)
        self.add("e2ee-never-matches-p", always_mismatch=True)
        self.add("llama-in-clear", e2ee=False)
        self.add("e2ee-clear-p", clear=True)
        for family in ("glm", "qwen", "hermes"):
            self.add(f"e2ee-{family}-tools-p", brain=Brain(family, self.violations))

    # The server

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self):
        self._stopping = asyncio.Event()
        server = await asyncio.start_server(
            self._connection, "127.0.0.1", 0, ssl=self._tls, backlog=1024, limit=64 << 20
        )
        self.port = server.sockets[0].getsockname()[1]
        self.ports.add(self.port)
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task():
                task.cancel()
        await asyncio.sleep(0)

    def _note_change(self):
        with self._changed:
            self._changed.notify_all()

    def _violation(self, text: str):
        self.violations.append(text)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.connections += 1
        self.open_connections += 1
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, ClientLeft):
            pass
        finally:
            self.open_connections -= 1
            writer.transport.abort()
            self._note_change()

    async def _exchange(self, reader, writer) -> bool:
        self._idle.add(writer)
        self._note_change()
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return False
        finally:
            self._idle.discard(writer)
            self._note_change()
        lines = head.decode("latin-1").split("\r\n")[:-2]
        method, target, version = lines[0].split(" ")
        headers = [
            (name.lower(), value.strip())
            for name, _, value in (line.partition(":") for line in lines[1:])
        ]
        if version != "HTTP/1.1":
            self._violation("the version is " + version)
        one = Received(head, b"", method, target, headers)
        one.body = await self._body(one, reader)
        self.received.append(one)
        self._check_head(one)
        left = asyncio.ensure_future(self._watch(one, reader))
        try:
            keep = await self._answer(one, writer)
            one.answered = True
        finally:
            left.cancel()
            await asyncio.wait([left])
            self._note_change()
        return keep

    async def _body(self, one: Received, reader) -> bytes:
        length, coding = one.header("content-length"), one.header("transfer-encoding")
        if coding is None:
            return await reader.readexactly(int(length or 0))
        if coding != "chunked" or length is not None:
            self._violation("the framing of the request is ambiguous")
        body = b""
        while size := int((await reader.readuntil(b"\r\n"))[:-2], 16):
            body += await reader.readexactly(size)
            assert await reader.readexactly(2) == b"\r\n"
        assert await reader.readexactly(2) == b"\r\n"
        return body

    async def _watch(self, one: Received, reader):
        """Notices when the client leaves while its answer is under way; takes no bytes."""
        try:
            while not reader._buffer and not reader.at_eof():
                await reader._wait_for_data("watch")
            if reader._buffer:
                return
        except (ConnectionError, ssl.SSLError):
            pass
        one.left_at = time.monotonic()
        one.client_left.set()
        self._note_change()

    def _check_head(self, one: Received):
        names = Counter(name for name, _ in one.headers)
        for name, count in names.items():
            if count > 1:
                self._violation(f"the header {name} was sent {count} times")
        if one.header("host") not in {f"127.0.0.1:{port}" for port in self.ports}:
            self._violation(f"the Host is {one.header('host')}")
        if one.header("accept-encoding") not in (None, "identity"):
            self._violation("a compressed answer is asked for")
        for unwanted in (
            "cookie",
            "origin",
            "referer",
            "x-forwarded-for",
            "x-real-ip",
            "via",
            "forwarded",
        ):
            if unwanted in names:
                self._violation(f"the header {unwanted} was sent")

    async def _answer(self, one: Received, writer) -> bool:
        if one.header("authorization") != "Bearer " + self.api_key:
            return await self._write_json(
                one,
                writer,
                401,
                {"error": "Authentication failed", "code": "AUTHENTICATION_FAILED"},
            )
        route = (one.method, one.path)
        if route == ("GET", "/models"):
            return await self._catalogue(one, writer)
        if route == ("GET", "/tee/attestation"):
            return await self._attestation(one, writer)
        if route == ("POST", "/chat/completions"):
            try:
                return await self._chat(one, writer)
            except Refused as refused:
                return await self._write_json(one, writer, refused.status, refused.body)
        self._violation(f"{one.method} {one.target} is not an endpoint of the protocol")
        return await self._write_json(one, writer, 404, {"error": "Not found"})

    async def _catalogue(self, one: Received, writer) -> bool:
        data = [model.entry() for model in list(self.models.values())]
        body = json.dumps({"object": "list", "data": data}).encode()
        body = body if self.catalogue_body is None else self.catalogue_body
        return await self._write_bytes(one, writer, self.catalogue_status, body)

    async def _attestation(self, one: Received, writer) -> bool:
        nonce = one.query.get("nonce", "")
        if not re.fullmatch("[0-9a-f]{64}", nonce):
            self._violation(f"the nonce is {nonce!r}")
            return await self._write_json(
                one, writer, 502, {"error": "Nonce must be exactly 32 bytes"}
            )
        if nonce in self._attestation_nonces:
            self._violation("a nonce was used twice")
        self._attestation_nonces.add(nonce)
        model = self.models.get(one.query.get("model", ""))
        if model is None:
            return await self._write_json(one, writer, 404, {"error": {"message": "no such model"}})
        model.attestations += 1
        spoiled = model.spoiled
        if model.bad_times is not None and model.attestations > model.bad_times:
            spoiled = None
        status, body = attest(model.id, model.key, bytes.fromhex(nonce), model.shape, spoiled)
        return await self._write_bytes(one, writer, status, body)

    # The enclave

    def _open_request(self, one: Received) -> tuple[Model, str]:
        if one.header("content-type") not in (
            "application/json",
            "application/json; charset=utf-8",
        ):
            self._violation(f"the content type is {one.header('content-type')}")
        try:
            request = json.loads(one.body)
        except ValueError:
            self._violation("the body is not JSON")
            raise Refused(400, "invalid_request", "not JSON") from None
        messages = request.pop("messages", [])
        one.fields = request
        self._check_fields(request)
        model = self.models.get(request.get("model"))
        if model is None:
            raise Refused(404, "model_not_found", "no such model")

        client_key, model_key = one.header(CLIENT_KEY), one.header(MODEL_KEY)
        if client_key is None or model_key is None:
            self._violation("a prompt came without the headers of end-to-end encryption")
            raise Refused(
                400, "e2ee_header_missing", "the headers of end-to-end encryption are missing"
            )
        if one.header(ALGORITHM) != "ecdsa":
            self._violation("the signing algorithm is not ecdsa")
            raise Refused(400, "e2ee_invalid_signing_algo", "use ecdsa")
        for text in (client_key, model_key):
            if not re.fullmatch("04[0-9a-f]{128}", text):
                self._violation("a public key is not 130 lower-case digits")
        try:
            recipient = read_point(client_key)
        except NotAnEnvelope as problem:
            self._violation("the client key is not on the curve")
            raise Refused(
                400, "e2ee_invalid_public_key", f"Invalid public key: {problem}"
            ) from None
        self._must_be_new("client key", client_key)
        if model.always_mismatch or model_key != public_hex(model.key):
            raise Refused(400, "e2ee_model_key_mismatch", "the model key does not match")

        senders = set()
        for message in messages:
            if set(message) - {"role", "content"}:
                self._violation(
                    f"a message carries {sorted(set(message) - {'role', 'content'})} in clear"
                )
            one.opened.append(
                (message.get("role"), self._open_content(message.get("content"), model, senders))
            )
        if not senders:
            self._violation("nothing in the request is encrypted")
            raise Refused(400, "e2ee_decryption_failed", "nothing is encrypted")
        for sender in senders:
            self._must_be_new("sender key", sender)
        if request.get("stream") is not True:
            self._violation("stream is not true")
            raise Refused(400, "invalid_request", "E2EE requires streaming")
        return model, recipient

    def _open_content(self, content, model: Model, senders: set):
        if isinstance(content, list):
            self._violation("a content array is in clear")
            content = content[0].get("text") if content and isinstance(content[0], dict) else None
        if not isinstance(content, str):
            self._violation(f"a content is {type(content).__name__}")
            return content
        if not re.fullmatch("04[0-9a-f]*", content):
            self._violation("a content is not lower-case hexadecimal")
        try:
            text = open_sealed(content, model.key).decode()
        except (NotAnEnvelope, UnicodeDecodeError) as problem:
            self._violation(f"a content does not open: {problem}")
            raise Refused(400, "e2ee_decryption_failed", "Failed to decrypt field") from None
        senders.add(content[:130])
        nonce = content[: 130 + 24]
        if nonce in self._used_nonces:
            self._violation("a key and a nonce were used together twice")
        self._used_nonces.add(nonce)
        try:
            restored = json.loads(text)
        except ValueError:
            return text
        return restored if isinstance(restored, list) else text

    def _must_be_new(self, what: str, key: str):
        if key in self._used_keys:
            self._violation(f"a {what} was used in two requests")
        self._used_keys.add(key)

    def _check_fields(self, request: dict):
        for name, value in request.items():
            kind = CLEAR_FIELDS.get(name)
            if kind is None:
                self._violation(f"the field {name} is in clear")
            elif not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
                self._violation(f"the field {name} is {type(value).__name__}")
        effort = request.get("reasoning_effort", "low")
        if effort not in EFFORTS:
            self._violation("reasoning_effort carries free text")
        reasoning = request.get("reasoning", {})
        if set(reasoning) - {"effort"} or reasoning.get("effort", "low") not in EFFORTS:
            self._violation("reasoning carries free text")
        if set(request.get("stream_options", {})) - {"include_usage"}:
            self._violation("stream_options carries more than include_usage")
        parameters = request.get("venice_parameters")
        if parameters is None:
            self._violation("venice_parameters is missing, so the provider's system prompt is on")
            return
        for name, value in parameters.items():
            if name not in VENICE_PARAMETERS or value != VENICE_PARAMETERS[name]:
                self._violation(f"venice_parameters.{name} is {value!r}")
        for name in ("include_venice_system_prompt", "enable_web_search"):
            if name not in parameters:
                self._violation(f"venice_parameters.{name} is missing")

    async def _chat(self, one: Received, writer) -> bool:
        if clear_chat.is_clear(one):
            return await clear_chat.answer(self, one, writer)
        model, recipient = self._open_request(one)
        reply = self._reply(one, model)
        self._note_change()
        return await Performance(self, one, writer, model, recipient, reply).run()

    def _reply(self, one: Received, model: Model) -> dict:
        texts = [text_of(content) for _, content in one.opened]
        while len(texts) > 2 and texts[-1].startswith(CORRECTION):
            texts = texts[:-2]  # what the model said, and why it could not be used
        text = texts[-1]
        if text.startswith('{"replies"'):
            replies = json.loads(text)["replies"]
            self._attempts[text] += 1
            return replies[min(self._attempts[text], len(replies)) - 1]
        if text.startswith('{"reply"'):
            return json.loads(text)["reply"]
        if model.brain:
            return model.brain.reply(one)
        return {"steps": self._echo_steps(one.last_text.removeprefix("echo:"), one)}

    def _echo_steps(self, text: str, one: Received) -> list[dict]:
        pieces = re.findall(r"\S+\s*|\s+", text) or []
        finish = "stop"
        limit = one.fields.get("max_completion_tokens", one.fields.get("max_tokens"))
        if limit is not None and limit < len(pieces):
            pieces, finish = pieces[:limit], "length"
        usage = {
            "prompt_tokens": sum(len(text_of(content).split()) for _, content in one.opened),
            "completion_tokens": len(pieces),
        }
        usage["total_tokens"] = sum(usage.values())
        steps: list[dict] = [{"role": "assistant"}]
        steps += [{"content": piece} for piece in pieces]
        return steps + [{"finish": finish}, {"usage": usage}, {"done": True}]

    # Answers

    async def _write_json(
        self, one: Received, writer, status: int, body, headers: dict | None = None
    ) -> bool:
        return await self._write_bytes(one, writer, status, json.dumps(body).encode(), headers)

    async def _write_bytes(
        self, one, writer, status: int, body: bytes, headers: dict | None = None
    ) -> bool:
        one.status = status
        lines = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            **(headers or {}),
        }
        writer.write(head_bytes(status, lines) + body)
        await writer.drain()
        return True


def main():
    """Runs the enclave alone, for a look by hand: prints its URL and CA file until it is stopped."""
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        enclave = Enclave(Path(directory)).start()
        print(
            f"--upstream-url {enclave.url} --ca-file {enclave.ca_file}   (VENICE_API_KEY={enclave.api_key})"
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            enclave.stop()


if __name__ == "__main__":
    main()
