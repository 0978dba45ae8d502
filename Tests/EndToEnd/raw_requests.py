"""Requests as bytes, for tests that must control each of them. `%PORT%` stands for the proxy's port."""

import json

from proxy import Answers, Proxy

MODEL = "e2ee-plain-p"
CHAT = json.dumps(
    {"model": MODEL, "messages": [{"role": "user", "content": "echo:hazard"}]}
).encode()
STREAM = json.dumps(
    {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": "echo:hazard"}]}
).encode()
HOST = b"Host: 127.0.0.1:%PORT%\r\n"
JSON = b"Content-Type: application/json\r\n"


def post(
    body: bytes = CHAT,
    *lines: bytes,
    host: bytes = HOST,
    kind: bytes = JSON,
    target: bytes = b"/v1/chat/completions",
    version: bytes = b"HTTP/1.1",
    framing: bytes | None = None,
) -> bytes:
    framing = b"Content-Length: %d\r\n" % len(body) if framing is None else framing
    head = b"POST " + target + b" " + version + b"\r\n" + host + kind + framing
    return head + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def get(
    target: bytes = b"/health",
    *lines: bytes,
    host: bytes = HOST,
    method: bytes = b"GET",
    version: bytes = b"HTTP/1.1",
):
    return (
        method
        + b" "
        + target
        + b" "
        + version
        + b"\r\n"
        + host
        + b"".join(line + b"\r\n" for line in lines)
        + b"\r\n"
    )


def chunked(*lines: bytes, data: bytes) -> bytes:
    return post(data, *lines, framing=b"Transfer-Encoding: chunked\r\n")


def sent_to(proxy: Proxy, data: bytes, **how) -> Answers:
    return proxy.send(data.replace(b"%PORT%", b"%d" % proxy.port), **how)


def error_of(answer) -> dict:
    assert answer.header("content-type").startswith("application/json")
    assert int(answer.header("content-length")) == len(answer.body)
    error = json.loads(answer.body)["error"]
    assert set(error) == {"message", "type", "param", "code"} and error["message"]
    return error


def is_well(proxy: Proxy) -> bool:
    return sent_to(proxy, get(b"/health", b"Connection: close")).only.status == 200
