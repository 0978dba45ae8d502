"""Foreign protocols, smuggling on a kept connection, floods and slowness: what hostile clients send
beyond the malformed requests of test_http_hazards.py."""

import json
import random
import re
import socket
import time

import pytest

from proxy import Answers, Proxy
from raw_requests import CHAT, HOST, error_of, get, is_well, post, sent_to
from watching import MIB, cpu_share, descriptors, resident, until

# Other protocols

FOREIGN = {
    "tls-1.3-hello": bytes.fromhex("16030100c8010000c40303") + bytes(range(197)),
    "tls-sslv2-hello": bytes.fromhex("802e0100020015000000100100800700c0"),
    "h2-preface-and-settings": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"),
    "h2-frames-alone": bytes.fromhex("00000c040000000000000300000064000400000fffff"),
    "h3-initial": bytes.fromhex("c300000001088394c8f03e5157080000449e") + bytes(1182),
    "ssh": b"SSH-2.0-OpenSSH_9.6\r\n" + bytes(100),
    "smtp": b"EHLO there\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n",
    "ftp": b"USER anonymous\r\nPASS x\r\n",
    "imap": b"a1 LOGIN user pass\r\n",
    "pop3": b"CAPA\r\n",
    "irc": b"NICK x\r\nUSER x 0 * :x\r\n",
    "redis": b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n",
    "memcached": b"stats\r\n",
    "postgres": bytes.fromhex("0000000804d2162f"),
    "mysql": bytes.fromhex("4a0000018da20b00"),
    "mqtt": bytes.fromhex("100c00044d5154540402003c0000"),
    "amqp": b"AMQP\x00\x00\x09\x01",
    "socks-4": bytes.fromhex("040100507f00000100"),
    "socks-5": bytes.fromhex("050100"),
    "rdp": bytes.fromhex("030000130ee000000000000100080003000000"),
    "smb": bytes.fromhex("00000085ff534d4272000000001853c8"),
    "ldap": bytes.fromhex("300c020101600702010304008000"),
    "dns": bytes.fromhex("001e0000010000010000000000000377777707657861"),
    "rtsp": b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "sip": b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP x\r\n\r\n",
    "icap": b"OPTIONS icap://a/b ICAP/1.0\r\nHost: a\r\n\r\n",
    "gopher": b"/\r\n",
    "http-0.9": b"GET /\r\n",
    "http-answer": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "websocket-frame": bytes.fromhex("818537fa213d7f9f4d5158"),
    "json": b'{"model":"x","messages":[]}\n',
    "json-rpc": b'{"jsonrpc":"2.0","method":"initialize","id":1}\r\n\r\n',
    "utf-16-request": "GET /health HTTP/1.1\r\n\r\n".encode("utf-16"),
    "only-line-ends": b"\r\n" * 5000,
    "only-line-feeds": b"\n" * 5000,
    "only-spaces": b" " * 70000,
    "zeros": bytes(70000),
}


@pytest.fixture(scope="module")
def hurried(enclave):
    with Proxy.serving(enclave, "--header-timeout", "0.4", "--idle-timeout", "0.6") as proxy:
        yield proxy
        assert proxy.process.poll() is None


@pytest.mark.parametrize("name", FOREIGN)
def test_another_protocol_is_refused_and_closed_although_the_client_stays(hurried, enclave, name):
    """The client sends nothing more and waits: no half-close tells the proxy that it is over."""
    before = len(enclave.received)
    began = time.monotonic()
    answers = sent_to(hurried, FOREIGN[name])
    assert answers.closed and time.monotonic() - began < 4
    assert all(400 <= status <= 505 for status in answers.statuses) and len(answers.list) <= 1
    assert len(enclave.received) == before and is_well(hurried)


def test_noise_is_refused_and_closed(hurried):
    chance = random.Random(2026)
    for _ in range(150):
        noise = chance.randbytes(chance.choice([1, 5, 16, 100, 3000]))
        if chance.random() < 0.4:  # noise inside an otherwise sound request
            data = bytearray(get().replace(b"%PORT%", b"%d" % hurried.port))
            at = chance.randrange(len(data))
            noise = bytes(data[:at]) + noise[:16] + bytes(data[at:])
        answers = sent_to(hurried, noise, half_close=True)
        assert answers.closed and all(200 <= status <= 505 for status in answers.statuses), noise
    assert is_well(hurried)


# Two messages in the place of one


def answers_to(proxy: Proxy, data: bytes) -> Answers:
    """Like `sent_to`, for requests of which the first may be a HEAD."""
    with proxy.connect() as connection:
        connection.sendall(data.replace(b"%PORT%", b"%d" % proxy.port))
        methods = ("HEAD",) if data.startswith(b"HEAD") else ()
        return Answers.read(connection, silence=0.1, methods=methods)


def first_status(proxy: Proxy, data: bytes) -> int:
    """The status of the first answer, as soon as it is there."""
    with proxy.connect() as connection:
        connection.sendall(data)
        return int(connection.recv(4096).split(b" ")[1])


SECRET = b"GET /v1/models?smuggled HTTP/1.1\r\n" + HOST + b"\r\n"
SECRET_LENGTH = len(SECRET.replace(b"%PORT%", b"12345"))  # every port a test gets has five digits
CHUNKED_END = b"0\r\n\r\n"


def ambiguous(*lines: bytes, body: bytes) -> bytes:
    return b"POST /v1/chat/completions HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body  # fmt: skip


LEFT = b"Content-Length: %d" % (len(CHUNKED_END) + SECRET_LENGTH)
SMUGGLING = {
    "cl-te": ambiguous(LEFT, b"Transfer-Encoding: chunked", body=CHUNKED_END + SECRET),
    "te-cl": ambiguous(b"Transfer-Encoding: chunked", b"Content-Length: 4", body=b"%x\r\n%b\r\n0\r\n\r\n" % (SECRET_LENGTH, SECRET)),  # fmt: skip
    **{
        f"te-{name}": ambiguous(LEFT, line, body=CHUNKED_END + SECRET)
        for name, line in {
            "space-before-colon": b"Transfer-Encoding : chunked",
            "tab-before-colon": b"Transfer-Encoding\t: chunked",
            "tab-after-colon": b"Transfer-Encoding:\tchunked",
            "x": b"Transfer-Encoding: xchunked",
            "two": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
            "two-the-other-way": b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
            "folded": b"Transfer-Encoding:\r\n chunked",
            "leading-space": b" Transfer-Encoding: chunked",
            "bare-lf": b"X: y\nTransfer-Encoding: chunked",
            "bare-cr": b"X: y\rTransfer-Encoding: chunked",
            "in-a-value": b"X: y\x00Transfer-Encoding: chunked",
            "vertical-tab": b"Transfer-Encoding: \x0bchunked",
            "upper": b"TRANSFER-ENCODING: CHUNKED",
            "quoted": b'Transfer-Encoding: "chunked"',
            "parameter": b"Transfer-Encoding: chunked;a=b",
            "identity": b"Transfer-Encoding: identity",
            "comma-first": b"Transfer-Encoding: ,chunked",
        }.items()
    },
    "two-lengths": ambiguous(b"Content-Length: 0", LEFT, body=CHUNKED_END + SECRET),
    "length-list": ambiguous(b"Content-Length: 0, 0", body=SECRET),
    "length-plus": ambiguous(b"Content-Length: +0", body=SECRET),
    "length-octal": ambiguous(b"Content-Length: 0o0", body=SECRET),
    "length-with-space-before-colon": ambiguous(b"Content-Length : 0", body=SECRET),
    "chunk-ends-with-lf": ambiguous(b"Transfer-Encoding: chunked", body=b"0\n\n" + SECRET),
    "chunk-extension-lf": ambiguous(b"Transfer-Encoding: chunked", body=b"0;a\n\r\n" + SECRET),
    "chunk-size-wraps": ambiguous(b"Transfer-Encoding: chunked", body=b"10000000000000000\r\n" + SECRET),
    "chunk-size-negative": ambiguous(b"Transfer-Encoding: chunked", body=b"-0\r\n\r\n" + SECRET),
    "chunk-spill": ambiguous(b"Transfer-Encoding: chunked", body=b"1\r\n{}\r\n0\r\n\r\n" + SECRET),
    "trailer-lf": ambiguous(b"Transfer-Encoding: chunked", body=b"0\r\nX: y\n\r\n" + SECRET),
    "http-1.0-chunked": ambiguous(b"Transfer-Encoding: chunked", body=CHUNKED_END + SECRET).replace(b"HTTP/1.1\r\nHost", b"HTTP/1.0\r\nHost", 1),  # fmt: skip
    "length-on-options": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % SECRET_LENGTH + SECRET,  # fmt: skip
    "length-on-head": get(b"/health", b"Content-Length: %d" % SECRET_LENGTH, method=b"HEAD") + SECRET,
    "length-on-refused": post(SECRET, framing=b"Content-Length: %d\r\n" % SECRET_LENGTH, host=b"Host: evil.example\r\n"),
    "length-on-404": post(SECRET, framing=b"Content-Length: %d\r\n" % SECRET_LENGTH, target=b"/nothing"),
    "length-on-405": get(b"/health", b"Content-Length: %d" % SECRET_LENGTH, method=b"PUT") + SECRET,
    "length-on-415": post(SECRET, framing=b"Content-Length: %d\r\n" % SECRET_LENGTH, kind=b"Content-Type: text/plain\r\n"),
    "length-on-417": post(SECRET, b"Expect: something", framing=b"Content-Length: %d\r\n" % SECRET_LENGTH),
    "length-on-413": post(SECRET, framing=b"Content-Length: 99999999999\r\n"),
    "chunked-on-415": post(b"%x\r\n%b\r\n0\r\n\r\n" % (SECRET_LENGTH, SECRET), kind=b"", framing=b"Transfer-Encoding: chunked\r\n"),  # fmt: skip
    "value-with-line-end": get(b"/health", b"X: y\r\r\n" + SECRET),
    "upgrade-then-more": get(b"/health", b"Connection: Upgrade", b"Upgrade: websocket", b"Content-Length: %d" % SECRET_LENGTH) + SECRET,  # fmt: skip
}


@pytest.mark.parametrize("name", SMUGGLING)
def test_no_second_request_hides_in_a_first(proxy, name):
    answers = answers_to(proxy, SMUGGLING[name])
    assert len(answers.list) == 1, answers.statuses
    assert b'"object":"list"' not in answers.only.body
    assert answers.closed or answers.only.status in (200, 204)
    assert is_well(proxy)


# Names that point here

HOSTS = [
    "evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example:{port}",
    "0.0.0.0:{port}", "[::]:{port}", "127.1:{port}", "2130706433:{port}", "0x7f000001:{port}",
    "0177.0.0.1:{port}", "127.0.0.1:80", "localhost:1", "localhost.:{port}", "127.0.0.1.:{port}",
    "[::ffff:127.0.0.1]:{port}", "[::1%25lo]:{port}", "evil@127.0.0.1:{port}", "127.0.0.1:{port}@evil",
    "localhost%2eevil:{port}", "localhost\x00.evil:{port}", "127.0.0.1:{port}, evil", "xn--e1afmkfd:{port}",
    "127.0.0.1:{port}:{port}", "127.0.0.1:+{port}", "127.0.0.1:0{port}", "api.venice.ai", "169.254.169.254",
]  # fmt: skip
PATHS = [
    b"/", b"/health", b"/metrics", b"/v1/models", b"/v1/models/e2ee-plain-p", b"/v1/chat/completions",
    b"/v1/nothing",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_a_name_that_was_rebound_is_refused_on_every_path_in_every_way(proxy, enclave, host):
    before = len(enclave.received)
    name = host.format(port=proxy.port).encode("latin-1")
    line = b"Host: " + name + b"\r\n"
    for path in PATHS:
        for data in (
            get(path, host=line),
            get(path, host=line, method=b"HEAD"),
            get(path, b"Origin: http://localhost", host=line, method=b"OPTIONS"),
            post(CHAT, host=line, target=path),
            get(b"http://" + name + path),
        ):
            assert first_status(proxy, data) in (400, 403, 421), data
    assert len(enclave.received) == before


# Numbers, depths, halves of characters

SPOILED_JSON = {
    "depth-257": b'{"model":"e2ee-plain-p","messages":[],"x":' + b"[" * 257 + b"]" * 257 + b"}",
    "depth-100000": b"[" * 100_000 + b"]" * 100_000,
    "depth-100000-open": b'{"a":' * 100_000,
    "depth-2-million": b"[" * 2_000_000,
    **{
        f"surrogate-{name}": CHAT.replace(b"hazard", text)
        for name, text in {
            "high": b"\\ud800",
            "low": b"\\udc00",
            "swapped": b"\\udc00\\ud800",
            "high-high-low": b"\\ud800\\ud800\\udc00",
            "cut": b"\\ud8",
            "high-then-text": b"\\udbffx",
        }.items()
    },
    "surrogate-in-a-key": CHAT[:-1] + b',"\\ud800":1}',
    "surrogate-in-the-model": b'{"model":"\\ud800","messages":[]}',
    **{
        f"twice-{name}": CHAT[:-1] + b"," + member + b"}"
        for name, member in {
            "model": b'"model":"e2ee-plain-p"',
            "stream": b'"stream":true,"stream":false',
            "unknown": b'"x":1,"x":1',
            "escaped": b'"x":1,"\\u0078":1',
            "deep": b'"x":{"y":[{"z":1,"z":2}]}',
            "empty": b'"":1,"":2',
        }.items()
    },
    **{
        f"number-{name}": CHAT[:-1] + b',"temperature":' + number + b"}"
        for name, number in {
            "1e309": b"1e309",
            "minus-1e309": b"-1e309",
            "1e99999999999": b"1e99999999999",
            "million-digits": b"1" * 1_000_000,
            "hex": b"0x1",
            "two-dots": b"1.2.3",
            "no-fraction": b"1.",
            "no-exponent": b"1e",
            "octal": b"017",
            "minus": b"-",
            "infinity": b"-Infinity",
        }.items()
    },
    **{
        f"count-{number}": CHAT[:-1] + b',"max_tokens":' + number + b"}"
        for number in (b"0", b"-1", b"1.5", b"1e400", b"9223372036854775808", b"18446744073709551617", b'"5"')
    },
    "million-members": b'{"a":' + b"[" + b"1," * 1_000_000 + b"1]" + b',"a":2}',
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILED_JSON)
def test_json_that_is_not_sound_is_a_400_at_once(proxy, enclave, name):
    before, began = len(enclave.chats()), time.monotonic()
    answer = sent_to(proxy, post(SPOILED_JSON[name])).only
    assert answer.status == 400, answer.body
    error_of(answer)
    assert len(enclave.chats()) == before and time.monotonic() - began < 3 and is_well(proxy)


# Many


def collected(connection: socket.socket, data: bytes, count: int) -> bytes:
    """Sends and reads at the same time, until so many answers have begun or nothing more comes."""
    connection.setblocking(False)
    received, sent, end = bytearray(), 0, time.monotonic() + 30
    while received.count(b"HTTP/1.1 200") < count and time.monotonic() < end:
        try:
            sent += connection.send(data[sent : sent + 65536]) if sent < len(data) else 0
        except BlockingIOError:
            pass
        try:
            piece = connection.recv(65536)
            if not piece:
                break
            received += piece
        except BlockingIOError:
            continue
        except ConnectionResetError:
            break
    return bytes(received)


def test_twenty_thousand_expectations_are_answered_in_bounded_memory(enclave):
    body = b"{}"
    one = post(body, b"Expect: 100-continue")
    with Proxy.serving(enclave, "--log-level", "critical") as proxy:
        before = resident(proxy.process)
        data = one.replace(b"%PORT%", b"%d" % proxy.port) * 20_000
        with proxy.connect() as connection:
            received = collected(connection, data + get(b"/health", b"Connection: close").replace(b"%PORT%", b"%d" % proxy.port), 1)  # fmt: skip
        assert received.count(b"HTTP/1.1 400") == 20_000
        assert received.count(b"HTTP/1.1 100") in (0, 20_000)
        assert received.count(b"HTTP/1.1 200") == 1
        assert resident(proxy.process) - before < 32 * MIB and is_well(proxy)


def test_ten_thousand_pipelined_requests_are_answered_in_order_and_bounded(enclave):
    with Proxy.serving(enclave, "--log-level", "critical") as proxy:
        before = resident(proxy.process)
        data = (get() * 10_000).replace(b"%PORT%", b"%d" % proxy.port)
        with proxy.connect() as connection:
            received = collected(connection, data, 10_000)
        ids = re.findall(rb"(?i)x-request-id: (\S+)", received)
        assert received.count(b"HTTP/1.1 200") == 10_000 and len(set(ids)) == 10_000
        assert resident(proxy.process) - before < 32 * MIB


def test_pipelined_chats_are_answered_in_order(proxy, enclave):
    texts = [f"order{number}" for number in range(30)]
    chats = [CHAT.replace(b"hazard", text.encode()) for text in texts]
    data = b"".join([*map(post, chats[:-1]), post(chats[-1], b"Connection: close")])
    with proxy.connect() as connection:
        connection.sendall(data.replace(b"%PORT%", b"%d" % proxy.port))
        answers = Answers.read(connection, silence=10)
        found = [json.loads(one.body)["choices"][0]["message"]["content"] for one in answers.list]
    assert found == texts and answers.closed


def test_a_client_that_asks_and_never_reads_is_bounded_and_ends(enclave):
    with Proxy.serving(enclave, "--log-level", "critical", "--idle-timeout", "1") as proxy:
        assert sent_to(proxy, get(b"/v1/models", b"Connection: close")).only.status == 200
        base, before = descriptors(proxy.process), resident(proxy.process)
        data = (get(b"/v1/models") * 20_000).replace(b"%PORT%", b"%d" % proxy.port)
        with proxy.connect() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(20)
            try:
                connection.sendall(data * 20)
            except OSError:
                pass  # it was cut off, which is as good
            until(lambda: descriptors(proxy.process) <= base, 10, "the end of the connection")
        assert resident(proxy.process) - before < 32 * MIB and is_well(proxy)
        assert cpu_share(proxy.process, 1) < 0.1


# Slow


def dripped(proxy: Proxy, data: bytes, begin: int) -> tuple[int, bytes]:
    """Sends from `begin` on byte for byte until the proxy has had enough: how many, and its answer."""
    with proxy.connect() as connection:
        connection.sendall(data[:begin])
        connection.settimeout(0.05)
        for at in range(begin, len(data)):
            try:
                connection.sendall(data[at : at + 1])
                return at - begin, connection.recv(1000)
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                return at - begin, b""
    raise AssertionError("the proxy waited for every byte")


LONG = b"X: " + b"y" * 300
DRIPS = {
    "target": (b"GET /" + b"a" * 300 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 3),
    "field-name": (get(b"/health", b"X" * 300 + b": y"), 60),
    "field-value": (get(b"/health", LONG), 60),
    "many-fields": (get(b"/health", *[b"X: y"] * 60), 60),
    "blank-lines-first": (b"\r\n" * 200 + get(), 0),
}


@pytest.mark.parametrize("name", DRIPS)
def test_a_head_that_drips_is_given_up(hurried, name):
    data, begin = DRIPS[name]
    data = data.replace(b"%PORT%", b"%d" % hurried.port)
    count, received = dripped(hurried, data, begin)
    assert count < 40 and (received == b"" or received.startswith((b"HTTP/1.1 408", b"HTTP/1.1 4")))
    assert is_well(hurried)


def test_a_second_head_that_drips_is_given_up_too(hurried):
    first = get().replace(b"%PORT%", b"%d" % hurried.port)
    with hurried.connect() as connection:
        connection.sendall(first)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        connection.settimeout(10)
        connection.sendall(first[:20])
        answers = Answers.read(connection)
    assert answers.closed and answers.statuses in ([408], [])


def test_four_hundred_slow_connections_do_not_slow_another(hurried):
    parts = [b"", b"G", get()[:30], post(framing=b"Content-Length: 9999\r\n")]
    slow = [hurried.connect() for _ in range(400)]
    try:
        for number, one in enumerate(slow):
            one.sendall(parts[number % len(parts)].replace(b"%PORT%", b"%d" % hurried.port))
        began = time.monotonic()
        assert sent_to(hurried, post()).only.status == 200 and time.monotonic() - began < 3
    finally:
        for one in slow:
            one.close()
    until(lambda: is_well(hurried))
