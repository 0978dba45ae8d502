"""The provider, the network and the machine fail at every moment; the proxy says so and goes on."""

import json
import os
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from certificates import Authority
from enclave import Enclave
from proxy import API_KEY, BINARY, Proxy, environment
from raw_requests import get, post, sent_to
from relay import Fault, Relay
from replies import ENDING, ROLE, refusal, say, script, whole
from watching import MIB, cpu_share, descriptors, resident, until

MODEL = "e2ee-plain-p"
# Every request on a connection of its own: most proxies here live for one test.
web = httpx.Client(timeout=30, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
TEXTS = ("one ", "two ", "three ", "four")


def ask(text, **more):
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **more}


def chat(proxy: Proxy, text: str = "echo:well", **more) -> httpx.Response:
    return web.post(proxy.url + "/v1/chat/completions", json=ask(text, **more))


def is_error(answer: httpx.Response, *statuses: int):
    assert answer.status_code in statuses, f"{answer.status_code}: {answer.text}"
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"} and error["message"]


def answers_well(proxy: Proxy):
    answer = chat(proxy)
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"] == "well"


@pytest.fixture(scope="module")
def relay(enclave):
    with Relay(enclave) as relay:
        yield relay


@pytest.fixture(scope="module")
def relayed(relay):
    with Proxy.serving(relay, *SHORT) as proxy:
        answers_well(proxy)
        yield proxy


SHORT = ("--connect-timeout", "0.5", "--first-byte-timeout", "0.5", "--idle-timeout", "0.5")

# The connection breaks


BEFORE_TLS = {
    "closed-at-once": (Fault(after=0), {502, 503}),
    "reset-at-once": (Fault(after=0, how="rst"), {502, 503}),
    "silent": (Fault(after=0, how="stall"), {504}),
    "closed-after-the-hello": (Fault(after=0, awaits=True), {502, 503}),
    "reset-after-the-hello": (Fault(after=0, awaits=True, how="rst"), {502, 503}),
    "silent-after-the-hello": (Fault(after=0, awaits=True, how="stall"), {504}),
    **{
        f"{name}-{how}": (Fault(says=data, awaits=True, how=how), {502, 503, 504})
        for how in ("fin", "rst", "stall")
        for name, data in {
            "http": b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
            "page": b"<html>hotel network, please log in</html>",
            "ssh": b"SSH-2.0-OpenSSH_9.6\r\n",
            "zeros": bytes(4096),
            "high-bytes": b"\xff" * 4096,
            "alert": bytes.fromhex("15030300020228"),
            "huge-record": bytes.fromhex("160303ffff") + bytes(70000),
            "empty-records": bytes.fromhex("1603030000") * 1000,
            "half-a-record": bytes.fromhex("1603030100") + bytes(17),
            "flood": b"\x16\x03\x03" * 500_000,
        }.items()
    },
}


@pytest.mark.parametrize("name", BEFORE_TLS)
def test_what_is_not_tls_is_an_error_in_time(relay, relayed, enclave, name):
    relay.fault, statuses = BEFORE_TLS[name]
    enclave_saw, began = len(enclave.received), time.monotonic()
    until_no_connection_is_idle(relay, relayed)
    is_error(chat(relayed), *statuses)
    assert time.monotonic() - began < 5
    assert len(enclave.received) == enclave_saw
    relay.fault = Fault()
    answers_well(relayed)


def until_no_connection_is_idle(relay, proxy):
    """The connections the proxy kept would not meet the fault."""
    relay.drop_all()
    until(lambda: relay.open_connections == 0, what="the end of idle connections")
    # The proxy learns of it with its next turn, in which it also answers this.
    assert web.get(proxy.url + "/health").status_code == 200


def outcome(answer_or_error, stream: bool) -> str:
    """`whole`, or the word for an honest failure; anything else fails."""
    body, cut, status = answer_or_error
    if status != 200:
        assert status in (502, 503, 504) and json.loads(body)["error"]["message"]
        return f"status-{status}"
    if not stream:
        assert not cut
        assert json.loads(body)["choices"][0]["message"]["content"] == "".join(TEXTS)
        return "whole"
    events = [block.removeprefix(b"data: ") for block in body.split(b"\n\n") if block]
    if events[-1] == b"[DONE]":
        assert not cut
        deltas = [c["delta"] for one in events[:-1] for c in json.loads(one)["choices"]]
        assert "".join(delta.get("content") or "" for delta in deltas) == "".join(TEXTS)
        return "whole"
    assert cut and json.loads(events[-1])["error"]["message"] and b"[DONE]" not in body
    return "cut"


def taken(proxy: Proxy, stream: bool) -> str:
    cut = False
    body = ask(whole(*TEXTS), stream=stream)
    with web.stream("POST", proxy.url + "/v1/chat/completions", json=body) as answer:
        body = b""
        try:
            for piece in answer.iter_bytes():
                body += piece
        except httpx.RemoteProtocolError:
            cut = True
    return outcome((body, cut, answer.status_code), stream)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("how", ["fin", "rst"])
def test_a_connection_cut_after_any_number_of_bytes_is_never_half_a_success(
    relay, relayed, how, stream
):
    """A new connection each time: its handshake, the head and the answer are cut in steps."""
    relay.fault = Fault()
    until_no_connection_is_idle(relay, relayed)
    assert taken(relayed, stream) == "whole"
    length, seen = relay.passed_on, []
    for count in [*range(0, length, 41), length - 5, length - 1, length]:
        until_no_connection_is_idle(relay, relayed)
        relay.fault = Fault(after=count, how=how)
        seen.append(taken(relayed, stream))
    relay.fault = Fault()
    # What is cut is told; only an answer whose end was read may be whole.
    assert seen[0].startswith("status") and seen.count("whole") <= len(seen) // 3
    assert ("cut" in seen) == stream
    # The last cut may not have been noticed yet, and a chat is never sent twice.
    until_no_connection_is_idle(relay, relayed)
    answers_well(relayed)


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_a_connection_cut_while_keys_are_fetched_is_an_error_and_no_prompt_leaves(
    relay, enclave, how
):
    """New proxies: catalogue, evidence and answer come one after the other on one connection."""
    relay.fault = Fault()
    with Proxy.serving(relay) as proxy:
        assert taken(proxy, False) == "whole"
    length, seen = relay.passed_on, []
    for step in range(12):
        relay.fault = Fault(after=length * step // 12, how=how)
        with Proxy.serving(relay) as proxy:
            seen.append(taken(proxy, False))
            relay.fault = Fault()
            if step % 6 == 0:
                until(lambda: taken(proxy, False) == "whole", 15, "a good answer")
    # A cut between two answers costs a connection and nothing else.
    assert seen.count("whole") <= 2


@pytest.mark.parametrize("stream", [False, True])
def test_a_stall_after_any_number_of_bytes_ends_in_time(relay, relayed, stream):
    relay.fault = Fault()
    until_no_connection_is_idle(relay, relayed)
    assert taken(relayed, stream) == "whole"
    length = relay.passed_on
    for count in [1, length // 4, length // 2, length * 3 // 4, length - 60]:
        until_no_connection_is_idle(relay, relayed)
        relay.fault = Fault(after=count, how="stall")
        began = time.monotonic()
        assert taken(relayed, stream) != ""
        assert time.monotonic() - began < 7
        until(lambda: relay.open_connections == 0, 2, "the end of the stalled connection")
    relay.fault = Fault()
    answers_well(relayed)


# Certificates


CERTIFICATES = {
    "expired": {"days": -1},
    "not-yet-valid": {"since": 1},
    "other-name": {"host": "other.example"},
    "other-address": {"host": "127.0.0.2"},
    "name-in-the-subject-only": {"host": "other.example", "common_name": "127.0.0.1"},
    "wildcard": {"host": "*.0.0.1"},
    "for-clients": {"usage": ExtendedKeyUsageOID.CLIENT_AUTH},
    "old-protocol": {"newest": ssl.TLSVersion.TLSv1_1},
}


@pytest.mark.parametrize("name", [*CERTIFICATES, "unknown-authority"])
def test_a_provider_with_a_wrong_certificate_gets_not_one_byte(tmp_path, name):
    trusted = tmp_path / "trusted"
    trusted.mkdir()
    impostor = Enclave(tmp_path, **CERTIFICATES.get(name, {})).start()
    try:
        if name == "unknown-authority":
            # The same name and dates, another key.
            impostor.ca_file = Authority(trusted).file
        with Proxy.serving(impostor) as proxy:
            is_error(chat(proxy), 502, 503)
            assert web.get(proxy.url + "/health").status_code == 200
        assert impostor.received == []
    finally:
        impostor.stop()


def test_a_provider_with_the_oldest_protocol_that_is_safe_is_served(tmp_path):
    provider = Enclave(tmp_path, newest=ssl.TLSVersion.TLSv1_2).start()
    try:
        with Proxy.serving(provider) as proxy:
            answers_well(proxy)
    finally:
        provider.stop()


# Redirects, refusals


@pytest.fixture
def stranger():
    """A server nobody may come to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def nobody_came(stranger: socket.socket):
    stranger.setblocking(False)
    with pytest.raises(BlockingIOError):
        stranger.accept()


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_nobody_follows_a_redirect(http, enclave, stranger, status):
    location = f"https://127.0.0.1:{stranger.getsockname()[1]}/api/v1/chat/completions"
    text = refusal(status, headers={"location": location})
    is_error(http.post("/v1/chat/completions", json=ask(text)), 502)
    nobody_came(stranger)


RETRY_AFTER = {
    "7": "7",
    "0": "0",
    "120": "120",
    "-1": None,
    "soon": None,
    "7, 8": None,
    "9" * 40: None,
    "": None,
}


@pytest.mark.parametrize("value", RETRY_AFTER)
@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_is_passed_on_where_it_is_one(http, status, value):
    answer = http.post(
        "/v1/chat/completions", json=ask(refusal(status, headers={"retry-after": value}))
    )
    is_error(answer, status)
    expected, found = RETRY_AFTER[value], answer.headers.get("retry-after")
    assert found == expected or expected is None and (found or "0").isdigit()
    assert found or status == 429


def test_a_request_that_may_have_run_is_not_sent_again(relay, relayed, enclave, marker):
    """Its answer was cut: whether the model ran nobody knows."""
    relay.fault = Fault()
    for end in ("fin", "rst"):
        text = marker + end
        reply = script(ROLE, *say(text), before_head={"gate": text}, end=end)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(chat, relayed, reply)
            until(lambda: any(text in str(one.opened) for one in enclave.chats()), 10)
            relay.drop_all()
            is_error(answer.result(), 502)
        assert sum(text in str(one.opened) for one in enclave.chats()) == 1
    answers_well(relayed)


# Keys change, time stands still


def test_a_stream_survives_a_change_of_keys(enclave, http, marker):
    model = enclave.fresh_model()
    text = script(ROLE, *say("early "), {"gate": marker}, *say("late"), *ENDING)
    body = {**ask(text, stream=True), "model": model}
    with http.stream("POST", "/v1/chat/completions", json=body) as answer:
        pieces = answer.iter_text()
        received = next(piece for piece in pieces if "early" in piece)
        enclave.rotate(model)
        assert http.post("/v1/chat/completions", json={**ask("echo:new"), "model": model}).status_code == 200  # fmt: skip
        enclave.gate(marker).set()
        received += "".join(pieces)
    assert "late" in received and received.endswith("data: [DONE]\n\n")


def test_a_process_that_was_stopped_goes_on(enclave, marker):
    text = script(ROLE, *say("early "), {"gate": marker}, *say("late"), *ENDING)
    with (
        Proxy.serving(enclave) as proxy,
        httpx.Client(base_url=proxy.url, timeout=20, trust_env=False) as client,
        client.stream("POST", "/v1/chat/completions", json=ask(text, stream=True)) as answer,
    ):
        pieces = answer.iter_text()
        received = next(piece for piece in pieces if "early" in piece)
        proxy.process.send_signal(signal.SIGSTOP)
        try:
            enclave.gate(marker).set()
            until(lambda: enclave.chats()[-1].answered, what="the end of the answer")
        finally:
            proxy.process.send_signal(signal.SIGCONT)
        received += "".join(pieces)
        assert "late" in received and received.endswith("data: [DONE]\n\n")
        answers_well(proxy)


# Descriptors run out


@pytest.fixture
def poor(enclave):
    """A proxy that may open twenty more descriptors and no more."""
    with Proxy.serving(enclave) as proxy:
        answers_well(proxy)
        limit = descriptors(proxy.process) + 20
        resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
        yield proxy


def test_without_descriptors_the_proxy_rests_and_recovers(poor):
    base = descriptors(poor.process)
    clients = [poor.connect() for _ in range(200)]
    try:
        until(lambda: descriptors(poor.process) >= base + 19, what="the limit")
        share = cpu_share(poor.process, 2)
        assert share < 0.2, f"busy for want of descriptors: {share:.0%} of a core"
    finally:
        for client in clients:
            client.close()
    until(lambda: descriptors(poor.process) <= base + 1, what="the end of all connections")
    answers_well(poor)
    print(f"\nwithout descriptors: {share:.1%} of a core")


def test_a_request_without_a_descriptor_for_the_provider_is_an_error(poor, enclave):
    enclave.close_idle()
    base = descriptors(poor.process)
    whole_request = post().replace(b"%PORT%", b"%d" % poor.port)
    clients = [poor.connect() for _ in range(60)]
    try:
        until(lambda: descriptors(poor.process) >= base + 18, what="the limit")
        clients[0].sendall(whole_request)
        received = clients[0].recv(65536)
        assert received.startswith((b"HTTP/1.1 502", b"HTTP/1.1 503")) and b'"error"' in received
    finally:
        for client in clients:
            client.close()
    until(lambda: descriptors(poor.process) <= base + 1, what="the end of all connections")
    answers_well(poor)


# The machine


def test_the_second_proxy_names_the_port_and_ends(proxy, enclave):
    done = subprocess.run(
        [BINARY, "serve", "--host", "127.0.0.1", "--port", str(proxy.port), "--upstream-url", enclave.url],  # fmt: skip
        env=environment(VENICE_API_KEY=API_KEY),
        capture_output=True,
        text=True,
        timeout=15,
    )
    assert done.returncode == 1
    assert f"127.0.0.1:{proxy.port} is in use by another program" in done.stderr
    assert "--port" in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["out-full", "err-full", "both-full"])
def test_a_full_disk_behind_what_is_printed_does_not_end_the_proxy(enclave, name):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open("/dev/full", "wb") as full, open(os.devnull, "wb") as null:
        process = subprocess.Popen(
            [BINARY, "serve", "--host", "127.0.0.1", "--port", str(port), "--upstream-url", enclave.url,
             "--ca-file", str(enclave.ca_file), "--verify", "binding", "--log-level", "trace"],  # fmt: skip
            env=environment(VENICE_API_KEY=API_KEY),
            stdin=subprocess.DEVNULL,
            stdout=null if name == "err-full" else full,
            stderr=null if name == "out-full" else full,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as client:  # fmt: skip

            def serves():
                try:
                    return client.post("/v1/chat/completions", json=ask("echo:x")).status_code == 200
                except httpx.ConnectError:
                    return False

            until(serves)
            assert serves() and process.poll() is None
    finally:
        process.terminate()
    assert process.wait(10) == 0


# Names


LOOKUP = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* slow.test waits until somebody opens the pipe named by SLOW_LOOKUP; nowhere.test does not exist. */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **list) {
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!strcmp(host, "nowhere.test")) return EAI_NONAME;
    if (!strcmp(host, "later.test")) return EAI_AGAIN;
    if (!strcmp(host, "slow.test")) close(open(getenv("SLOW_LOOKUP"), O_RDONLY));
    if (strcmp(host, "two.test") && strcmp(host, "slow.test")) return EAI_FAIL;
    int failed = real("127.0.0.1", service, hints, list);
    if (failed || strcmp(host, "two.test")) return failed;
    struct addrinfo *second = *list;
    failed = real("127.0.0.9", service, hints, list);
    (*list)->ai_next = second;
    return failed;
}
"""


@pytest.fixture(scope="session")
def lookup(tmp_path_factory):
    """A library that answers look-ups of the process it is loaded into; no name server is asked."""
    compiler = shutil.which("clang") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("lookup")
    (folder / "lookup.c").write_text(LOOKUP)
    library = folder / "lookup.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", library, folder / "lookup.c", "-ldl"], check=True
    )
    return str(library)


class Named:
    """A provider that is reached by a name."""

    def __init__(self, name: str, enclave: Enclave):
        self.ca_file = enclave.ca_file
        self.url = f"https://{name}:{enclave.port}/api/v1"


@pytest.fixture
def named(tmp_path):
    """Starts a provider with a certificate for this name."""
    started = []

    def start(name: str):
        started.append(Enclave(tmp_path, host=name).start())
        return started[-1], Named(name, started[-1])

    yield start
    for one in started:
        one.stop()


CONSENT = "--accept-unproven-hardware"


@pytest.mark.parametrize("name", ["nowhere.test", "later.test", "broken.test"])
def test_a_name_that_does_not_resolve_is_an_error_at_once(lookup, named, name):
    provider, url = named(name)
    with Proxy.serving(url, CONSENT, LD_PRELOAD=lookup) as proxy:
        began = time.monotonic()
        is_error(chat(proxy), 502, 503)
        is_error(web.get(proxy.url + "/v1/models"), 502, 503)
        assert time.monotonic() - began < 3
        assert web.get(proxy.url + "/health").status_code == 200
    assert provider.connections == 0


def test_a_slow_name_server_holds_up_nobody_and_ends_in_time(lookup, named, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    provider, url = named("slow.test")
    with Proxy.serving(
        url, CONSENT, "--connect-timeout", "1", LD_PRELOAD=lookup, SLOW_LOOKUP=str(pipe)
    ) as proxy:
        with ThreadPoolExecutor(20) as pool:
            waiting = [pool.submit(chat, proxy) for _ in range(20)]
            proxy_is_well = sent_to(proxy, get(b"/health", b"Connection: close"))
            assert proxy_is_well.only.status == 200
            assert not any(one.done() for one in waiting)
            for one in waiting:
                is_error(one.result(), 502, 503, 504)
        release(pipe)
        until(lambda: chat(proxy).status_code == 200, 15, "an answer after the look-up")


def release(pipe):
    """Lets every look-up of now and later go on."""

    def hold_open():
        while pipe.exists():
            try:
                os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                time.sleep(0.005)

    threading.Thread(target=hold_open, daemon=True).start()


def test_a_proxy_whose_look_up_never_ends_stops_in_time(lookup, named, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    provider, url = named("slow.test")
    with Proxy.serving(
        url, CONSENT, "--drain-timeout", "0.5", LD_PRELOAD=lookup, SLOW_LOOKUP=str(pipe)
    ) as proxy:
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(chat, proxy)
            proxy.wait_for(lambda: proxy.process.poll() is None)
            until(lambda: waiting.running())
            until(lambda: thread_waits_for_pipe(proxy), 5, "the look-up")
            proxy.terminate()
            assert proxy.wait(5) == 0
            with pytest.raises(httpx.TransportError):
                is_error(waiting.result(), 502, 503, 504)
                raise httpx.TransportError("told before the end")


def thread_waits_for_pipe(proxy: Proxy) -> bool:
    threads = f"/proc/{proxy.process.pid}/task"
    return any(
        "fifo" in open(f"{threads}/{one}/wchan").read() or "wait_for_partner" in open(f"{threads}/{one}/wchan").read()
        for one in os.listdir(threads)
    )  # fmt: skip


def test_the_next_address_of_a_name_is_tried(lookup, named):
    provider, url = named("two.test")
    with Proxy.serving(url, CONSENT, LD_PRELOAD=lookup) as proxy:
        answers_well(proxy)
    assert provider.connections >= 1


# Answers without an end


@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_answer_without_end_takes_little_memory(enclave, status):
    with Proxy.serving(enclave) as proxy:
        answers_well(proxy)
        before = resident(proxy.process)
        answer = chat(proxy, script({"endless_line": 256}, head={"status": status}))
        is_error(answer, 400, 502)
        assert resident(proxy.process) - before < 64 * MIB
        answers_well(proxy)
