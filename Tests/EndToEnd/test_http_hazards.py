"""What a hostile or broken client sends, byte by byte, and the right answer to it."""

import socket

import pytest

from proxy import Answers, Proxy
from raw_requests import (
    CHAT,
    HOST,
    STREAM,
    chunked,
    error_of,
    get,
    is_well,
    post,
    sent_to,
)


def in_chunks(body: bytes, size: int = 7, extension: bytes = b"", trailers: bytes = b"") -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return (
        b"".join(b"%x%b\r\n%b\r\n" % (len(p), extension, p) for p in pieces)
        + b"0\r\n"
        + trailers
        + b"\r\n"
    )


def framed(line: bytes, body: bytes = CHAT) -> bytes:
    return post(body, framing=line + b"\r\n")


def sized(size: bytes) -> bytes:
    """A chunked request whose first chunk has this size line."""
    return chunked(data=size + b"\r\n" + CHAT + b"\r\n0\r\n\r\n")


HEX = b"%x" % len(CHAT)
LENGTH = b"%d" % len(CHAT)
MALFORMED = {
    # Framing
    "length-and-chunked": (post(in_chunks(CHAT), b"Transfer-Encoding: chunked"), {400}),
    "length-and-chunked-the-other-way": (
        framed(b"Transfer-Encoding: chunked\r\nContent-Length: 5", in_chunks(CHAT)),
        {400},
    ),
    **{
        f"coding-{name}": (framed(b"Transfer-Encoding: " + value, in_chunks(CHAT)), {400, 501})
        for name, value in {
            "gzip": b"gzip",
            "gzip-chunked": b"gzip, chunked",
            "chunked-gzip": b"chunked, gzip",
            "twice": b"chunked, chunked",
            "identity": b"identity",
            "quoted": b'"chunked"',
            "parameter": b"chunked;q=1",
            "vertical-tab": b"\x0bchunked",
            "form-feed": b"chunked\x0c",
            "nul": b"chunked\x00",
            "empty": b"",
            "x": b"xchunked",
            "comma": b"chunked,",
        }.items()
    },
    "coding-on-two-lines": (
        framed(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", in_chunks(CHAT)),
        {400, 501},
    ),
    "chunked-in-http-1.0": (
        post(in_chunks(CHAT), framing=b"Transfer-Encoding: chunked\r\n", version=b"HTTP/1.0"),
        {400},
    ),
    "two-lengths": (framed(b"Content-Length: " + LENGTH + b"\r\nContent-Length: 0"), {400}),
    "two-lengths-in-one-line": (framed(b"Content-Length: " + LENGTH + b", 0"), {400}),
    **{
        f"length-{name}": (framed(b"Content-Length: " + value), {400})
        for name, value in {
            "plus": b"+" + LENGTH,
            "minus": b"-1",
            "minus-zero": b"-0",
            "hex": b"0x" + HEX,
            "underscore": b"1_0",
            "quoted": b'"' + LENGTH + b'"',
            "empty": b"",
            "blank": b" ",
            "words": b"many",
            "float": b"5.0",
            "two-words": b"5 5",
            "wrap": b"%d" % (2**64 + len(CHAT)),
            "digits": b"9" * 100,
            "arabic": "٥".encode(),
        }.items()
    },
    # Chunks
    **{
        f"chunk-size-{name}": (sized(value), {400})
        for name, value in {
            "plus": b"+" + HEX,
            "minus": b"-" + HEX,
            "0x": b"0x" + HEX,
            "blank-before": b" " + HEX,
            "empty": b"",
            "blank-between": HEX[:1] + b" " + HEX[1:],
            "words": b"xyz",
            "underscore": HEX[:1] + b"_" + HEX[1:],
            "seventeen-digits": b"1" + b"0" * 15 + HEX,
            "wrap": b"1" + b"0" * (16 - len(HEX)) + HEX,
            "quoted": b'"' + HEX + b'"',
            "nul": HEX + b"\x00",
        }.items()
    },
    "chunk-extension-with-bare-lf": (chunked(data=HEX + b";a\n" + CHAT + b"\r\n0\r\n\r\n"), {400}),
    "chunk-extension-with-bare-cr": (
        chunked(data=HEX + b";a\rb\r\n" + CHAT + b"\r\n0\r\n\r\n"),
        {400},
    ),
    "chunk-extension-of-2-mib": (
        chunked(data=HEX + b";" + b"a" * (2 << 20) + b"\r\n" + CHAT + b"\r\n0\r\n\r\n"),
        {400},
    ),
    "chunk-extensions-without-end": (chunked(data=in_chunks(CHAT, 1, b";" + b"x" * 400)), {400}),
    "chunk-without-line-end": (chunked(data=HEX + b"\r\n" + CHAT + b"0\r\n\r\n"), {400}),
    "chunk-with-bare-lf": (chunked(data=HEX + b"\n" + CHAT + b"\n0\n\n"), {400}),
    "trailer-malformed": (chunked(data=in_chunks(CHAT, trailers=b"no colon here\r\n")), {400}),
    "trailer-too-large": (
        chunked(
            data=in_chunks(
                CHAT, trailers=b"".join(b"x%d: %b\r\n" % (i, b"y" * 1000) for i in range(70))
            )
        ),
        {431, 400},
    ),
    # Lines and fields
    "bare-lf": (get().replace(b"\r\n", b"\n"), {400}),
    "bare-lf-in-one-line": (get(b"/health", b"A: b\nC: d"), {400}),
    "bare-cr-in-a-value": (get(b"/health", b"A: b\rc"), {400}),
    "nul-in-a-value": (get(b"/health", b"A: b\x00c"), {400}),
    "folded-line": (get(b"/health", b"A: b", b" c"), {400}),
    "folded-line-with-tab": (get(b"/health", b"A: b", b"\tc"), {400}),
    "blank-before-the-first-field": (b"GET /health HTTP/1.1\r\n " + HOST + b"\r\n", {400}),
    "blank-before-the-colon": (get(b"/health", b"A : b"), {400}),
    "host-blank-before-the-colon": (get(host=HOST.replace(b"Host:", b"Host :")), {400}),
    "bad-name": (get(b"/health", b"A(b): c"), {400}),
    "name-not-ascii": (get(b"/health", "Ä: c".encode()), {400}),
    "no-colon": (get(b"/health", b"nothing"), {400}),
    "empty-name": (get(b"/health", b": c"), {400}),
    # Host
    "no-host": (get(host=b""), {400}),
    "two-hosts": (get(host=HOST + HOST), {400}),
    "two-different-hosts": (get(host=HOST + b"Host: evil.example\r\n"), {400}),
    "bad-host": (get(host=b"Host: a b\r\n"), {400, 403, 421}),
    "host-with-user": (get(host=b"Host: evil@127.0.0.1:%PORT%\r\n"), {400, 403, 421}),
    "host-with-path": (get(host=b"Host: 127.0.0.1:%PORT%/x\r\n"), {400, 403, 421}),
    "empty-host": (get(host=b"Host:\r\n"), {400, 403, 421}),
    # Targets and methods
    "star-with-get": (get(b"*"), {400}),
    "authority-form": (get(b"127.0.0.1:%PORT%"), {400}),
    "no-leading-slash": (get(b"health"), {400}),
    "empty-target": (b"GET  HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "invalid-method": (get(method=b"G(T"), {400}),
    "tabs-between": (b"GET\t/health\tHTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "double-space": (b"GET  /health HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "space-after-version": (b"GET /health HTTP/1.1 \r\n" + HOST + b"\r\n", {400}),
    "space-before-method": (b" GET /health HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "junk-version": (get(version=b"HTTP/x.y"), {400, 505}),
    "version-in-lower-case": (get(version=b"http/1.1"), {400, 505}),
    "version-1.10": (get(version=b"HTTP/1.10"), {400, 505}),
    "version-2": (get(version=b"HTTP/2.0"), {505}),
    "version-0.9": (b"GET /health\r\n\r\n", {400, 505}),
    "control-in-target": (get(b"/hea\x01lth"), {400}),
    "not-ascii-in-target": (get("/hälth".encode()), {400, 404}),
    "fragment-in-target": (get(b"/health#x"), {400, 404}),
    "long-target": (get(b"/" + b"a" * 9000), {414}),
    "very-long-target": (get(b"/" + b"a" * 200000), {414, 431}),
    "large-head": (get(b"/health", *[b"X-%d: " % i + b"y" * 4000 for i in range(20)]), {431}),
    "very-large-head": (get(b"/health", *[b"X-%d: " % i + b"y" * 4000 for i in range(500)]), {431}),
    "one-large-field": (get(b"/health", b"X: " + b"y" * 100000), {431}),
    "many-fields": (get(b"/health", *[b"X-%d: y" % i for i in range(200)]), {431}),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_is_refused_and_the_connection_closed(proxy, enclave, name):
    data, expected = MALFORMED[name]
    before = len(enclave.chats())
    answers = sent_to(proxy, data)
    assert answers.statuses and set(answers.statuses) <= expected, answers.statuses
    assert len(answers.list) == 1, "one request, one answer"
    error_of(answers.only)
    assert answers.closed, "the connection stayed open"
    assert answers.only.header("connection") == "close"
    assert len(enclave.chats()) == before and is_well(proxy)


GARBAGE = {
    "h2-preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "tls-hello": bytes.fromhex("16030100a5010000a10303") + bytes(160),
    "ssh": b"SSH-2.0-OpenSSH_9.6\r\n",
    "smtp": b"EHLO localhost\r\nMAIL FROM:<a@b>\r\n",
    "redis": b"*1\r\n$4\r\nPING\r\n",
    "proxy-protocol": b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "proxy-protocol-2": b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12),
    "zeros": bytes(4096),
    "high-bytes": b"\xff" * 4096,
    "line-without-end": b"a" * 100000,
}


@pytest.mark.parametrize("name", GARBAGE)
def test_what_is_not_http_is_refused_or_closed_without_a_hang(proxy, name):
    answers = sent_to(proxy, GARBAGE[name], half_close=True)
    assert answers.closed and all(400 <= status <= 505 for status in answers.statuses)
    assert is_well(proxy)


def test_an_empty_connection_is_closed_quietly(proxy):
    answers = sent_to(proxy, b"", half_close=True)
    assert answers.closed and answers.statuses == []


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_chunked_body_is_read(proxy, enclave, size):
    answer = sent_to(proxy, chunked(data=in_chunks(CHAT, size))).only
    assert answer.status == 200 and b"hazard" in answer.body


def test_valid_chunk_extensions_and_trailers_are_ignored(proxy, enclave):
    trailers = b"Host: evil.example\r\nContent-Length: 1\r\nTransfer-Encoding: gzip\r\nAuthorization: x\r\n"
    answers = sent_to(proxy, chunked(data=in_chunks(CHAT, 50, b';a=b;c="d"', trailers)))
    assert answers.only.status == 200 and not answers.closed


def test_two_equal_lengths_are_refused_or_merged(proxy, enclave):
    answers = sent_to(
        proxy, framed(b"Content-Length: " + LENGTH + b"\r\nContent-Length: " + LENGTH)
    )
    assert answers.only.status in (200, 400) and answers.closed == (answers.only.status == 400)


def test_leading_zeros_and_odd_spacing_of_a_length_are_harmless(proxy, enclave):
    for line in (
        b"Content-Length:" + LENGTH,
        b"content-length:  \t" + LENGTH + b" \t",
        b"CONTENT-LENGTH: 000" + LENGTH,
    ):
        assert sent_to(proxy, framed(line)).only.status in (200, 400)


@pytest.mark.parametrize("coding", [b"chunked", b"Chunked", b"CHUNKED", b" chunked "])
def test_the_word_chunked_may_be_spelled_in_any_case(proxy, enclave, coding):
    assert (
        sent_to(proxy, framed(b"Transfer-Encoding: " + coding, in_chunks(CHAT))).only.status == 200
    )


# Hosts, targets, methods


@pytest.mark.parametrize(
    "host", [b"127.0.0.1:%PORT%", b"localhost:%PORT%", b"[::1]:%PORT%", b"LocalHost:%PORT%"]
)
def test_a_loopback_host_is_served(proxy, host):
    assert sent_to(proxy, get(host=b"Host: " + host + b"\r\n")).only.status == 200


@pytest.mark.parametrize("target", [b"/", b"/health", b"/metrics", b"/v1/models", b"/v1/nothing"])
@pytest.mark.parametrize(
    "host",
    [
        b"evil.example",
        b"evil.example:%PORT%",
        b"127.0.0.1.evil.example:%PORT%",
        b"localhost.evil.example:%PORT%",
        b"0.0.0.0:%PORT%",
        b"127.0.0.1:1",
        b"[::]:%PORT%",
        b"evil-localhost:%PORT%",
        b"169.254.169.254",
        b"localhost.:%PORT%",
    ],
)
def test_a_foreign_host_is_refused_everywhere(proxy, host, target):
    answer = sent_to(proxy, get(target, host=b"Host: " + host + b"\r\n")).only
    assert answer.status in (403, 421), answer.body


def test_a_foreign_host_cannot_chat(proxy, enclave):
    before = len(enclave.chats())
    assert sent_to(proxy, post(host=b"Host: evil.example\r\n")).only.status in (403, 421)
    assert len(enclave.chats()) == before


def test_the_absolute_form_is_accepted_for_this_machine(proxy):
    assert sent_to(proxy, get(b"http://127.0.0.1:%PORT%/health")).only.status == 200
    assert (
        sent_to(
            proxy, get(b"http://localhost:%PORT%/health", host=b"Host: 127.0.0.1:%PORT%\r\n")
        ).only.status
        == 200
    )


@pytest.mark.parametrize(
    "target",
    [
        b"http://evil.example/health",
        b"http://evil.example:%PORT%/health",
        b"http://127.0.0.1@evil.example/health",
        b"https://evil.example/health",
        b"http:///health",
        b"ftp://127.0.0.1:%PORT%/health",
    ],
)
def test_the_authority_of_an_absolute_form_counts(proxy, target):
    assert sent_to(proxy, get(target)).only.status in (400, 403, 421)


def test_options_for_the_whole_server_are_answered(proxy):
    assert sent_to(proxy, get(b"*", method=b"OPTIONS")).only.status == 204


@pytest.mark.parametrize("method", [b"CONNECT", b"TRACE"])
def test_dangerous_methods_are_refused_without_an_echo(proxy, method):
    answers = sent_to(
        proxy,
        get(
            b"127.0.0.1:%PORT%" if method == b"CONNECT" else b"/health",
            b"X-Secret: s3cret",
            method=method,
        ),
    )
    assert (
        answers.only.status in (400, 405, 501)
        and b"s3cret" not in answers.only.body + answers.only.raw_head
    )


@pytest.mark.parametrize(
    "method, target, allow",
    [
        (b"GET", b"/v1/chat/completions", "POST"),
        (b"PUT", b"/v1/chat/completions", "POST"),
        (b"DELETE", b"/v1/chat/completions", "POST"),
        (b"POST", b"/v1/models", "GET"),
        (b"DELETE", b"/v1/models/x", "GET"),
        (b"POST", b"/health", "GET"),
        (b"PATCH", b"/health", "GET"),
    ],
)
def test_a_wrong_method_is_a_405_that_names_the_right_one(proxy, method, target, allow):
    answer = sent_to(proxy, get(target, b"Content-Length: 0", method=method)).only
    assert answer.status == 405 and allow in answer.header("allow")
    error_of(answer)


@pytest.mark.parametrize("method", [b"get", b"BREW", b"PROPFIND", b"Post"])
def test_an_unknown_method_is_refused(proxy, method):
    assert sent_to(proxy, get(method=method)).only.status in (405, 501)


@pytest.mark.parametrize(
    "target",
    [
        b"/v1/responses",
        b"/v1/completions",
        b"/v1/embeddings",
        b"/v1/images/generations",
        b"/v1/audio/speech",
        b"/v1/files",
        b"/v1/messages",
        b"/v1/nothing",
        b"/v2/chat/completions",
        b"/v1",
        b"/v1/",
        b"/chat/completions/../../health",
        b"/v1/../health",
        b"/%2e%2e/health",
        b"//health",
        b"/health/",
        b"/HEALTH",
        b"/v1/chat/completions/",
        b"/v1/tee/attestation",
        b"/.env",
        b"/favicon.ico",
    ],
)
@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_an_unknown_path_is_a_404(proxy, enclave, method, target):
    before = len(enclave.received)
    data = get(target) if method == b"GET" else post(target=target)
    answers = sent_to(proxy, data)
    assert answers.only.status == 404
    error = error_of(answers.only)
    assert target.decode() not in error["message"] or target.startswith(b"/v1") and len(target) < 5
    assert len(enclave.received) == before


def test_a_query_does_not_change_the_route(proxy, enclave):
    assert sent_to(proxy, get(b"/health?a=b")).only.status == 200
    assert sent_to(proxy, post(target=b"/v1/chat/completions?api-version=1")).only.status == 200


def test_head_has_the_head_of_get_and_no_body(proxy):
    request = get() + get(method=b"HEAD") + get()
    with proxy.connect() as connection:
        connection.sendall(request.replace(b"%PORT%", b"%d" % proxy.port))
        answers = Answers.read(connection, methods=("GET", "HEAD", "GET"))
    assert answers.statuses == [200, 200, 200] and answers.rest == b""
    first, second, _ = answers.list
    assert second.body == b"" and first.body != b""
    for name in ("content-type", "content-length"):
        assert first.header(name) == second.header(name)


# Versions and connections


def test_http_1_0_is_answered_and_closed_without_chunks(proxy, enclave):
    answers = sent_to(proxy, post(STREAM, version=b"HTTP/1.0"))
    answer = answers.only
    assert answers.closed and answer.status == 200
    assert answer.header("transfer-encoding") is None and answer.header("content-length") is None
    assert b"hazard" in answer.body and answer.body.endswith(b"data: [DONE]\n\n")


def test_http_1_0_without_a_stream_is_closed_too(proxy, enclave):
    answers = sent_to(proxy, post(version=b"HTTP/1.0"))
    assert (
        answers.closed
        and answers.only.status == 200
        and answers.only.header("transfer-encoding") is None
    )


def test_connection_close_is_obeyed(proxy):
    answers = sent_to(proxy, get(b"/health", b"Connection: close"))
    assert answers.closed and answers.only.header("connection") == "close"


def test_a_connection_is_kept_for_the_next_request(proxy, enclave):
    with proxy.connect() as connection:
        for data in (get(), post(), get(), post(STREAM), get()):
            connection.sendall(data.replace(b"%PORT%", b"%d" % proxy.port))
            answers = Answers.read(connection, silence=0.05)
            assert answers.only.status == 200 and not answers.closed


def test_pipelined_requests_are_answered_in_order_or_the_connection_is_closed(proxy, enclave):
    answers = sent_to(
        proxy, get() + post() + get(b"/v1/models") + get(b"/health", b"Connection: close")
    )
    assert answers.statuses in ([200] * 4, [200] * 3, [200] * 2, [200]) and answers.closed
    assert b'"ok"' in answers.list[0].body


def test_a_body_of_a_get_is_not_read_as_a_request(proxy):
    inner = get(b"/v1/models")
    inner = inner.replace(b"%PORT%", b"%d" % proxy.port)
    answers = sent_to(
        proxy,
        get(b"/health", b"Content-Length: %d" % len(inner))
        + inner
        + get(b"/health", b"Connection: close"),
    )
    assert all(b'"data"' not in answer.body for answer in answers.list)
    assert set(answers.statuses) <= {200, 400} and len(answers.list) <= 2


def test_a_body_of_a_refused_request_is_not_read_as_a_request(proxy):
    inner = get(b"/v1/models").replace(b"%PORT%", b"%d" % proxy.port)
    answers = sent_to(
        proxy,
        post(inner, kind=b"Content-Type: text/plain\r\n") + get(b"/health", b"Connection: close"),
    )
    assert answers.statuses[0] == 415 and all(
        b'"data"' not in answer.body for answer in answers.list
    )
    assert len(answers.list) <= 2


@pytest.mark.parametrize(
    "line",
    [
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13",
    ],
)
def test_an_upgrade_is_ignored(proxy, line):
    assert sent_to(proxy, get(b"/health", line)).only.status == 200


def test_continue_is_sent_when_the_body_is_wanted(proxy, enclave):
    head, _, _ = (
        post(CHAT, b"Expect: 100-continue")
        .replace(b"%PORT%", b"%d" % proxy.port)
        .partition(b"\r\n\r\n")
    )
    with proxy.connect() as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(25).startswith(b"HTTP/1.1 100 Continue\r\n\r\n"[:25])
        connection.sendall(CHAT)
        assert Answers.read(connection).only.status == 200


@pytest.mark.parametrize(
    "data, expected",
    [
        (post(CHAT, b"Expect: 100-continue", kind=b"Content-Type: text/plain\r\n"), 415),
        (post(CHAT, b"Expect: 100-continue", framing=b"Content-Length: 99999999999\r\n"), 413),
        (post(CHAT, b"Expect: 100-continue", host=b"Host: evil.example\r\n"), 403),
        (post(CHAT, b"Expect: 200-ok"), 417),
    ],
)
def test_no_continue_is_sent_when_the_request_is_refused(proxy, data, expected):
    head = data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    answers = sent_to(proxy, head)
    assert answers.statuses in ([expected], [421] if expected == 403 else [expected])


def test_no_continue_is_sent_to_http_1_0(proxy, enclave):
    answers = sent_to(proxy, post(CHAT, b"Expect: 100-continue", version=b"HTTP/1.0"))
    assert answers.statuses == [200]


# Bodies


def test_a_declared_body_that_is_too_large_is_refused_before_it_is_read(proxy):
    answers = sent_to(proxy, post(b"", framing=b"Content-Length: 99999999999\r\n"))
    assert answers.only.status == 413 and answers.closed
    error_of(answers.only)


def test_a_chunked_body_that_is_too_large_is_refused(enclave):
    with Proxy.serving(enclave, "--max-body", "1000") as proxy:
        answers = sent_to(proxy, chunked(data=in_chunks(b" " * 5000, 100)))
        assert answers.only.status == 413 and answers.closed
        assert sent_to(proxy, post(b"x" * 1001)).only.status == 413
        assert sent_to(proxy, post(CHAT)).only.status == 200


def test_the_answer_to_a_large_body_arrives_while_the_client_still_sends(proxy):
    data = b"x" * (32 << 20)
    answers = sent_to(proxy, post(data))
    assert answers.only.status == 413


@pytest.mark.parametrize(
    "kind",
    [
        b"",
        b"Content-Type: text/plain\r\n",
        b"Content-Type: text/plain;charset=UTF-8\r\n",
        b"Content-Type: application/x-www-form-urlencoded\r\n",
        b"Content-Type: multipart/form-data; boundary=x\r\n",
        b"Content-Type: application/jsonp\r\n",
        b"Content-Type: text/json\r\n",
        b"Content-Type: application/json2\r\n",
    ],
)
def test_only_json_is_read(proxy, enclave, kind):
    before = len(enclave.chats())
    assert sent_to(proxy, post(kind=kind)).only.status == 415
    assert len(enclave.chats()) == before


@pytest.mark.parametrize(
    "kind",
    [
        b"application/json; charset=utf-8",
        b"Application/JSON",
        b"application/json;charset=UTF-8",
        b" application/json ",
    ],
)
def test_json_may_be_spelled_as_clients_do(proxy, enclave, kind):
    assert sent_to(proxy, post(kind=b"Content-Type: " + kind + b"\r\n")).only.status == 200


@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"br", b"zstd", b"gzip, gzip"])
def test_an_encoded_body_is_refused(proxy, coding):
    answers = sent_to(proxy, post(b"\x1f\x8b\x08" + bytes(50), b"Content-Encoding: " + coding))
    assert answers.only.status == 415


def chat_with(member: bytes) -> bytes:
    return (
        b'{"model":"e2ee-plain-p","messages":[{"role":"user","content":"echo:x"}],' + member + b"}"
    )


NOT_JSON = {
    "empty": b"",
    "blank": b"  ",
    "word": b"hello",
    "number": b"5",
    "null": b"null",
    "array": b"[]",
    "string": b'"x"',
    "cut": CHAT[:-1],
    "more": CHAT + b"{}",
    "trailing-comma": chat_with(b'"a":1,'),
    "nan": chat_with(b'"temperature":NaN'),
    "infinity": chat_with(b'"temperature":Infinity'),
    "hex-number": chat_with(b'"seed":0x5'),
    "leading-zero": chat_with(b'"seed":05'),
    "plus": chat_with(b'"seed":+5'),
    "dot": chat_with(b'"seed":.5'),
    "single-quotes": CHAT.replace(b'"', b"'"),
    "comment": CHAT[:-1] + b"/* */}",
    "bom": b"\xef\xbb\xbf" + CHAT,
    "utf-16": CHAT.decode().encode("utf-16"),
    "utf-16-without-bom": CHAT.decode().encode("utf-16-le"),
    "invalid-utf-8": chat_with(b'"a":"\xff"'),
    "overlong-utf-8": chat_with(b'"a":"\xc0\x80"'),
    "surrogate-in-utf-8": chat_with(b'"a":"\xed\xa0\x80"'),
    "control-in-string": chat_with(b'"a":"\x01"'),
    "newline-in-string": chat_with(b'"a":"\n"'),
    "bad-escape": chat_with(b'"a":"\\x41"'),
    "nested-100000": chat_with(b'"a":' + b"[" * 100000 + b"]" * 100000),
    "nested-1000-objects": chat_with(b'"a":' + b'{"a":' * 1000 + b"1" + b"}" * 1000),
    "nested-in-content": b'{"model":"e2ee-plain-p","messages":[{"role":"user","content":'
    + b"[" * 5000
    + b"]" * 5000
    + b"}]}",
    "duplicate-model": chat_with(b'"model":"e2ee-second-p"'),
    "duplicate-messages": chat_with(b'"messages":[]'),
    "duplicate-escaped": chat_with(b'"m\\u006fdel":"e2ee-second-p"'),
    "duplicate-content": b'{"model":"e2ee-plain-p","messages":[{"role":"user","content":"a","content":"b"}]}',
    "huge-number": chat_with(b'"temperature":1e999'),
    "huge-seed": chat_with(b'"seed":' + b"9" * 400),
    "huge-max-tokens": chat_with(b'"max_tokens":99999999999999999999999'),
}


@pytest.mark.parametrize("name", NOT_JSON)
def test_a_body_that_is_not_a_sound_request_is_a_400(proxy, enclave, name):
    before = len(enclave.chats())
    answer = sent_to(proxy, post(NOT_JSON[name])).only
    assert answer.status == 400, answer.body
    error_of(answer)
    assert len(enclave.chats()) == before and is_well(proxy)


def test_a_lone_surrogate_is_refused_or_replaced(proxy, enclave):
    answer = sent_to(proxy, post(CHAT.replace(b"hazard", b"hazard \\ud800 x"))).only
    assert answer.status == 400 or (answer.status == 200 and "\ufffd" in answer.body.decode())


def test_a_half_closed_request_is_answered_or_dropped(proxy, enclave):
    answers = sent_to(proxy, post(), half_close=True)
    assert answers.closed and answers.statuses in ([200], [])


@pytest.fixture(scope="module")
def hurried(enclave):
    with Proxy.serving(enclave, "--header-timeout", "0.3", "--idle-timeout", "0.6") as proxy:
        yield proxy


@pytest.mark.parametrize(
    "part",
    [
        b"G",
        b"GET /health HT",
        b"GET /health HTTP/1.1\r\nHost: x",
        b"GET /health HTTP/1.1\r\nHost: x\r\n",
    ],
)
def test_a_head_that_never_ends_is_a_408_or_a_close(hurried, part):
    answers = hurried.send(part)
    assert answers.closed and answers.statuses in ([408], [])


def test_a_slow_head_is_not_saved_by_single_bytes(hurried):
    with hurried.connect() as connection:
        connection.settimeout(0.05)
        received, sent = None, 0
        for byte in b"GET /health HTTP/1.1\r\nX: " + b"y" * 200:
            try:
                connection.sendall(bytes([byte]))
                sent += 1
                received = connection.recv(100)
                break
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                received = b""
                break
    assert received is not None and sent < 60
    assert received == b"" or b" 408 " in received


def test_idle_and_half_open_connections_do_not_stop_others(proxy):
    idle = [proxy.connect() for _ in range(200)]
    for number, connection in enumerate(idle):
        connection.sendall(b"GET /hea"[: number % 9])
    try:
        assert is_well(proxy)
    finally:
        for connection in idle:
            connection.close()


def test_a_connection_reset_in_the_middle_of_a_request_is_survived(proxy):
    for _ in range(20):
        connection = proxy.connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.sendall(post(CHAT).replace(b"%PORT%", b"%d" % proxy.port)[:150])
        connection.close()
    assert is_well(proxy)
