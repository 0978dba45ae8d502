"""One scripted answer of the enclave: turns steps into events, events into bytes, bytes into writes.

The language of the script is described in replies.py.
"""

import asyncio
import base64
import json
import os
import socket
import ssl
import struct
import threading
import time

from coincurve import PrivateKey

from envelope import public_hex, seal
from evidence import OFF_CURVE

REASONS = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    500: "Server Error",
}


class ClientLeft(Exception):
    """The proxy closed the connection before the answer was complete."""


def head_bytes(status: int, headers: dict) -> bytes:
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Performance:
    def __init__(self, enclave, one, writer, model, recipient, reply: dict):
        self.enclave = enclave
        self.one = one
        self.writer = writer
        self.recipient = recipient
        self.reply = reply
        self.delivery = reply.get("delivery", "events")
        self.id = f"chatcmpl-{next(enclave._ids)}-{os.urandom(6).hex()}"
        self.created = int(time.time())
        self.upstream_model = "Maker/" + model.id
        self.held = b""  # what `one-write` keeps until the end
        self.last_sealed = ""

    async def run(self) -> bool:
        head = self.reply.get("head", {})
        if "raw" in head:
            self.writer.write(base64.b64decode(head["raw"]))
            await self.writer.drain()
            return await self.leave()
        status = head.get("status", 200)
        if "body" in head:
            body = head["body"]
            raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            return await self.enclave._write_bytes(
                self.one, self.writer, status, raw, head.get("headers")
            )
        if "before_head" in self.reply:
            await self.perform_pause(self.reply["before_head"])
        self.one.status = status
        self.chunked = not head.get("close_delimited", False)
        headers = {
            "content-type": "text/event-stream",
            "cache-control": "no-cache",
            "x-receipt-id": "r-1",
        }
        headers["transfer-encoding" if self.chunked else "connection"] = (
            "chunked" if self.chunked else "close"
        )
        headers.update(head.get("headers", {}))
        await self.put(head_bytes(status, headers))
        for step in self.reply.get("steps", []):
            await self.perform(step)
        return await self.leave()

    # Steps

    async def perform(self, step: dict):
        verb = next(iter(step))
        value = step[verb]
        if verb in ("gate", "stall"):
            await self.perform_pause(step)
        elif verb == "pause":
            await self.flush()
            await asyncio.sleep(value / 1000)
        elif verb == "raw":
            await self.body(
                value.encode() if isinstance(value, str) else base64.b64decode(value["base64"])
            )
        elif verb == "flood":
            for _ in range(value):
                await self.choice({"content": self.sealed("y" * step["bytes"], None)})
                self.one.flooded += step["bytes"]
        elif verb == "endless_line":
            await self.body(b"data: ")
            for _ in range(value):
                await self.body(b"z" * (1 << 20))
                self.one.flooded += 1 << 20
        elif verb == "done":
            await self.event("[DONE]")
        elif verb == "chunk":
            await self.event(json.dumps(value))
        elif verb == "usage":
            await self.chunk([], usage=value)
        elif verb == "finish":
            await self.choice({}, value, index=step.get("index", 0))
        elif verb == "role":
            await self.choice({"role": value})
        elif verb == "delta":
            await self.choice(value, index=step.get("index", 0))
        elif verb == "bytes":
            await self.choice({"content": seal(bytes.fromhex(value), self.recipient)})
        elif verb in ("content", "reasoning", "reasoning_content"):
            delta = {verb: self.sealed(value, step.get("spoil"))}
            for extra in ("reasoning", "reasoning_content"):
                if extra in step and extra != verb:
                    delta[extra] = self.sealed(step[extra], None)
            await self.choice(delta, index=step.get("index", 0), finish=step.get("with_finish"))
        else:
            raise AssertionError(f"no step is called {verb}")

    async def perform_pause(self, step: dict):
        await self.flush()
        self.enclave._note_change()
        opened = self.enclave.gate(step["gate"]) if "gate" in step else threading.Event()
        while not opened.is_set():
            if self.one.client_left.is_set() or self.writer.is_closing():
                raise ClientLeft
            await asyncio.sleep(0.005)

    def sealed(self, text: str, spoil: str | None):
        raw = text.encode()
        if spoil in ("clear", "clear-blank"):
            return text
        if spoil == "repeat":
            return self.last_sealed
        if spoil in ("number", "object", "list", "empty-string"):
            return {"number": 5, "object": {"text": text}, "list": [text], "empty-string": ""}[
                spoil
            ]
        recipient = PrivateKey().public_key if spoil == "wrong-key" else self.recipient
        sealed = seal(raw, recipient)
        self.last_sealed = sealed
        flipped = {"tag": -1, "ciphertext": 65 + 12, "nonce": 65}
        if spoil in flipped:
            data = bytearray.fromhex(sealed)
            data[flipped[spoil]] ^= 1
            return data.hex()
        replaced = {
            None: lambda: sealed,
            "wrong-key": lambda: sealed,
            "sender": lambda: public_hex(PrivateKey()) + sealed[130:],
            "short": lambda: sealed[: 2 * 92],
            "odd": lambda: sealed[:-1],
            "not-hex": lambda: sealed[:-1] + "g",
            "off-curve": lambda: OFF_CURVE + sealed[130:],
            "compressed": lambda: "02" + sealed[2:66] + sealed[130:] + "00" * 32,
            "hybrid": lambda: "06" + sealed[2:],
            "upper": lambda: sealed.upper(),
            "0x": lambda: "0x" + sealed,
        }
        return replaced[spoil]()

    async def choice(self, delta, finish=None, index: int = 0):
        await self.chunk(
            [{"index": index, "delta": delta, "finish_reason": finish, "logprobs": None}]
        )

    async def chunk(self, choices: list, usage=None):
        chunk = {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.upstream_model,
            "system_fingerprint": "fp-clear",
            "choices": choices,
            "venice_parameters": {"enable_web_search": "off"},
        }
        if usage is not None:
            chunk |= {"usage": usage, "cost": 0.25}
        spaced = (
            {"separators": (", ", ": ")}
            if next(self.enclave._ids) % 2
            else {"separators": (",", ":")}
        )
        await self.event(json.dumps(chunk, **spaced))

    # Bytes

    async def event(self, data: str):
        if self.delivery == "crlf":
            text = f"data: {data}\r\n\r\n"
        elif self.delivery == "cr":
            text = f"data: {data}\r\r"
        elif self.delivery == "comments":
            text = f": keep-alive\n\nevent: message\nid: 7\nretry: 10\nunknown: x\ndata:{data}\n\n: \n\n"
        elif self.delivery == "several-data-lines" and data.startswith("{"):
            first, rest = data[:1], data[1:]
            text = f"data: {first}\ndata: {rest}\n\n"
        else:
            text = f"data: {data}\n\n"
        await self.body(text.encode())

    async def body(self, data: bytes):
        if self.delivery in ("chunk-per-byte", "bytes"):
            for byte in data:
                await self.put(self.framed(bytes([byte])))
        else:
            await self.put(self.framed(data))

    def framed(self, data: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(data), data) if self.chunked else data

    async def put(self, data: bytes):
        if self.delivery == "one-write":
            self.held += data
            return
        if self.delivery in ("tiny-records", "bytes"):
            size = 1 if self.delivery == "bytes" else 7
            for at in range(0, len(data), size):
                self.writer.write(data[at : at + size])
        else:
            self.writer.write(data)
        await self.writer.drain()
        if self.writer.is_closing():
            raise ClientLeft

    async def flush(self):
        if self.held:
            held, self.held = self.held, b""
            self.writer.write(held)
            await self.writer.drain()

    async def leave(self) -> bool:
        end = self.reply.get("end", "clean")
        await self.flush()
        if end == "clean":
            if "raw" in self.reply.get("head", {}) or not self.chunked:
                await self.close_politely()
                return False
            self.writer.write(b"0\r\n\r\n")
            await self.writer.drain()
            return True
        if end == "bad-chunk":
            self.writer.write(b"zz\r\ndata: x\r\n")
        elif end == "short-chunk":
            self.writer.write(b"400\r\ndata: {")
        if end in ("last-chunk-then-rude", "last-chunk-then-extra"):
            self.writer.write(
                b"0\r\n\r\n" + (b"HTTP/1.1 200 OK\r\n" if end.endswith("extra") else b"")
            )
        await self.writer.drain()
        await self.emptied()
        if end == "rst":
            raw = self.writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif end == "close-notify":
            await self.close_politely()
        return False  # the connection is aborted: a FIN without close_notify, or a reset

    async def emptied(self):
        """Until the socket took everything: an abort would throw away what waits in the buffer."""
        below = getattr(self.writer.transport, "_ssl_protocol", None)
        transport = getattr(below, "_transport", None)
        for _ in range(2000):
            if transport is None or transport.get_write_buffer_size() == 0:
                return
            await asyncio.sleep(0.002)

    async def close_politely(self):
        self.writer.close()
        try:
            await asyncio.wait_for(self.writer.wait_closed(), 5)
        except (TimeoutError, ConnectionError, ssl.SSLError):
            pass
