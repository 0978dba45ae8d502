"""Starting, refusing to start, and stopping: what the program says and how it ends."""

import os
import re
import signal
import socket
import subprocess
import threading
import time

import httpx
import pytest

from enclave import Enclave
from proxy import API_KEY, BINARY, LISTENING, Proxy, environment, run
from replies import ENDING, ROLE, say, script

MODEL = "e2ee-plain-p"
GOOD = {"VENICE_API_KEY": API_KEY}


def ask(text, **more):
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **more}


def serve(enclave, *more: str, **variables):
    return run(
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--upstream-url",
        enclave.url,
        "--ca-file",
        str(enclave.ca_file),
        *more,
        **(GOOD | variables),
    )


def refused(done, *words: str) -> str:
    """Asserts that the program ended by itself, unhappy, with a clear text and without a crash."""
    assert 0 < done.returncode < 128, f"{done.returncode}: {done.stderr}"
    assert "listening on" not in done.stderr + done.stdout
    assert "Fatal error" not in done.stderr and "Stack dump" not in done.stderr
    assert len(done.stderr.strip()) > 10
    for word in words:
        assert word.lower() in done.stderr.lower(), done.stderr
    assert API_KEY not in done.stdout + done.stderr
    return done.stderr


@pytest.mark.parametrize("key", [None, "", " "])
def test_without_a_key_of_the_provider_it_does_not_start(enclave, key):
    refused(serve(enclave, VENICE_API_KEY=key), "API_KEY" if not key else "API key")


@pytest.mark.parametrize("key", ["a b", "a\nb", "a\rb", "ключ", "a\x01b"])
def test_a_key_that_no_header_can_carry_is_refused(enclave, key):
    done = serve(enclave, VENICE_API_KEY=key)
    assert done.returncode != 0 and key not in done.stderr


@pytest.mark.parametrize("more", [["--verify", "full"], []])
def test_full_verification_sends_nothing_to_hardware_that_is_not_proven(enclave, more):
    """The tests' enclave signs its quotes with nothing."""
    before = len(enclave.chats())
    proxy = Proxy(
        *("serve", "--host", "127.0.0.1", "--port", "0", "--upstream-url", enclave.url),
        *("--ca-file", str(enclave.ca_file), *more),
        **GOOD,
    ).wait_until_listening()
    with proxy:
        answer = httpx.post(proxy.url + "/v1/chat/completions", json=ask("echo:x"), trust_env=False)
        assert answer.status_code == 502 and answer.json()["error"]["code"] == "attestation_failed"
        assert len(enclave.chats()) == before


def test_another_root_than_intels_is_for_this_machine_alone(tmp_path):
    root = tmp_path / "root.der"
    root.write_bytes(b"0")
    done = run(
        *("serve", "--port", "0", "--upstream-url", "https://203.0.113.1/api/v1"),
        *("--attestation-root", str(root), "--accept-unproven-hardware"),
        **GOOD,
    )
    refused(done, "attestation-root")


@pytest.mark.parametrize("value", ["none", "", "Binding", "off"])
def test_another_word_for_verification_is_refused(enclave, value):
    refused(serve(enclave, "--verify", value))


def test_a_foreign_provider_needs_consent_to_unproven_hardware():
    done = run(
        "serve",
        "--port",
        "0",
        "--upstream-url",
        "https://203.0.113.1/api/v1",
        "--verify",
        "binding",
        **GOOD,
    )
    refused(done, "accept-unproven-hardware")


@pytest.mark.parametrize(
    "url",
    [
        "http://203.0.113.1/api/v1",
        "http://api.venice.ai/api/v1",
        "http://127.0.0.1.evil.example/api/v1",
        "http://localhost.evil.example/",
        "http://127.0.0.1@evil.example/",
    ],
)
def test_a_provider_without_tls_is_refused(url):
    refused(
        run("serve", "--port", "0", "--upstream-url", url, "--accept-unproven-hardware", **GOOD)
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "ftp://127.0.0.1/",
        "https://",
        "https://user:pass@127.0.0.1/",
        "https://127.0.0.1:99999/",
        "https://a b/",
    ],
)
def test_a_url_that_is_none_is_refused(url):
    refused(
        run("serve", "--port", "0", "--upstream-url", url, "--accept-unproven-hardware", **GOOD)
    )


@pytest.mark.parametrize("more", [[], ["--insecure-lan"]])
@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_listening_beyond_this_machine_needs_a_key(enclave, host, more):
    done = run(
        "serve",
        "--host",
        host,
        "--port",
        "0",
        "--upstream-url",
        enclave.url,
        "--ca-file",
        str(enclave.ca_file),
        *more,
        **GOOD,
    )
    refused(done, "key")


def test_listening_beyond_this_machine_works_with_a_key_and_consent(enclave, tmp_path):
    file = tmp_path / "inbound"
    file.write_text("inbound")
    file.chmod(0o600)
    with Proxy.serving(
        enclave, "--insecure-lan", "--require-key-file", str(file), host="0.0.0.0"
    ) as proxy:
        assert httpx.get(proxy.url + "/health", trust_env=False).status_code == 200
        assert httpx.get(proxy.url + "/v1/models", trust_env=False).status_code == 401
        authorized = httpx.get(
            proxy.url + "/v1/models", headers={"authorization": "Bearer inbound"}, trust_env=False
        )
        assert authorized.status_code == 200


def test_a_port_in_use_ends_the_program(enclave):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused(serve(enclave, "--port", port), port)


def test_a_second_proxy_does_not_share_the_port_of_the_first(proxy, enclave):
    refused(serve(enclave, "--port", str(proxy.port)))


@pytest.mark.parametrize("port", ["-1", "65536", "http", "", "5111x", "0x10"])
def test_a_port_that_is_none_is_refused(enclave, port):
    refused(serve(enclave, "--port=" + port))


@pytest.mark.parametrize(
    "option, value",
    [
        ("--log-level", "loud"),
        ("--max-body", "-1"),
        ("--max-body", "many"),
        ("--connect-timeout", "-1"),
        ("--idle-timeout", "soon"),
        ("--idle-timeout", "nan"),
        ("--first-byte-timeout", "inf"),
        ("--header-timeout", ""),
        ("--ca-file", "/nonexistent.pem"),
        ("--api-key-file", "/nonexistent"),
        ("--require-key-file", "/nonexistent"),
        ("--host", "not an address"),
        ("--allow-origin", "*"),
        ("--unheard-of", "1"),
    ],
)
def test_a_wrong_value_of_an_option_ends_the_program(enclave, option, value):
    refused(serve(enclave, f"{option}={value}"))


def test_a_ca_file_without_certificates_is_refused(enclave, tmp_path):
    file = tmp_path / "empty.pem"
    file.write_text("no certificates here\n")
    refused(serve(enclave, "--ca-file", str(file)))


def test_port_zero_prints_the_real_one_exactly_once(enclave):
    with Proxy.serving(enclave) as proxy:
        assert httpx.get(proxy.url + "/health", trust_env=False).status_code == 200
        assert proxy.stop() == 0
        assert len(LISTENING.findall(proxy.errors)) == 1 and proxy.port > 0
        assert proxy.errors.count("listening on") == 1
        assert bytes(proxy.stdout) == b""


def test_it_says_what_it_does_not_verify(enclave):
    with Proxy.serving(enclave) as proxy:
        proxy.stop()
        assert "binding" in proxy.errors and "not checked" in proxy.errors.lower()


def test_options_come_from_the_environment(enclave):
    proxy = Proxy(
        "serve",
        **GOOD
        | {
            "E2EE_PROXY_HOST": "127.0.0.1",
            "E2EE_PROXY_PORT": "0",
            "E2EE_PROXY_UPSTREAM_URL": enclave.url,
            "E2EE_PROXY_CA_FILE": str(enclave.ca_file),
            "E2EE_PROXY_VERIFY": "binding",
            "E2EE_PROXY_LOG_LEVEL": "trace",
            "E2EE_PROXY_MAX_BODY": "2000",
            "E2EE_PROXY_ALLOW_ORIGIN": "https://a.example,https://b.example",
        },
    )
    with proxy.wait_until_listening():
        with httpx.Client(base_url=proxy.url, trust_env=False) as client:
            assert client.post("/v1/chat/completions", json=ask("echo:x")).status_code == 200
            assert client.post("/v1/chat/completions", json=ask("x" * 2000)).status_code == 413
            for origin in ("https://a.example", "https://b.example"):
                assert client.get("/v1/models", headers={"origin": origin}).status_code == 200


def test_the_command_line_wins_over_the_environment(enclave):
    with Proxy.serving(enclave, "--max-body", "100000", E2EE_PROXY_MAX_BODY="10") as proxy:
        assert (
            httpx.post(
                proxy.url + "/v1/chat/completions", json=ask("echo:x"), trust_env=False
            ).status_code
            == 200
        )


@pytest.mark.parametrize(
    "name, value", [("PORT", "x"), ("VERIFY", "none"), ("IDLE_TIMEOUT", "x"), ("LOG_LEVEL", "loud")]
)
def test_a_wrong_value_in_the_environment_ends_the_program(enclave, name, value):
    done = run(
        "serve",
        "--host",
        "127.0.0.1",
        "--upstream-url",
        enclave.url,
        "--ca-file",
        str(enclave.ca_file),
        **GOOD | {"E2EE_PROXY_PORT": "0", "E2EE_PROXY_" + name: value},
    )
    refused(done)


def key_file(directory, mode: int, text: str = API_KEY + "\n"):
    file = directory / "api-key"
    file.write_text(text)
    file.chmod(mode)
    return str(file)


def test_the_key_of_the_provider_comes_from_a_private_file(enclave, tmp_path):
    file = key_file(tmp_path, 0o600)
    with Proxy.serving(enclave, "--api-key-file", file, key=None) as proxy:
        assert (
            httpx.post(
                proxy.url + "/v1/chat/completions", json=ask("echo:x"), trust_env=False
            ).status_code
            == 200
        )
        proxy.stop()
        assert API_KEY.encode() not in proxy.printed


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o666])
@pytest.mark.parametrize("option", ["--api-key-file", "--require-key-file"])
def test_a_key_file_that_others_can_read_is_refused(enclave, tmp_path, option, mode):
    refused(serve(enclave, option, key_file(tmp_path, mode)), "600")


@pytest.mark.parametrize("text", ["", "\n", "two\nlines\n", "with blank\n"])
@pytest.mark.parametrize("option", ["--api-key-file", "--require-key-file"])
def test_a_key_file_without_one_key_is_refused(enclave, tmp_path, option, text):
    refused(
        serve(
            enclave,
            option,
            key_file(tmp_path, 0o600, text),
            VENICE_API_KEY=None if "api" in option else API_KEY,
        )
    )


def test_a_key_file_may_be_a_directory_only_by_mistake(enclave, tmp_path):
    refused(serve(enclave, "--api-key-file", str(tmp_path), VENICE_API_KEY=None))


@pytest.mark.parametrize("arguments", [["version"], ["--version"]])
def test_the_version_is_printed(arguments):
    done = run(*arguments)
    assert done.returncode == 0 and re.search(r"\d+\.\d+\.\d+", done.stdout) and done.stderr == ""


@pytest.mark.parametrize(
    "arguments", [["--help"], ["help"], ["serve", "--help"], ["demo", "--help"]]
)
def test_help_is_printed(arguments):
    done = run(*arguments)
    assert done.returncode == 0 and "USAGE" in done.stdout


@pytest.mark.parametrize("arguments", [["unheard-of"], ["serve", "--nonsense"], ["serve", "extra"]])
def test_a_wrong_command_is_refused(arguments):
    refused(run(*arguments, **GOOD))


def test_the_key_is_nowhere_in_the_process_list(proxy):
    with open(f"/proc/{proxy.process.pid}/cmdline", "rb") as file:
        assert API_KEY.encode() not in file.read()


# Stopping


@pytest.mark.parametrize("how", [15, 2])
def test_an_idle_proxy_stops_at_once(enclave, how):
    with Proxy.serving(enclave) as proxy:
        idle = proxy.connect()
        proxy.process.send_signal(how)
        assert proxy.wait(5) == 0
        idle.close()


def test_a_proxy_with_a_warm_upstream_stops_at_once(enclave):
    with Proxy.serving(enclave) as proxy:
        httpx.post(proxy.url + "/v1/chat/completions", json=ask("echo:x"), trust_env=False)
        proxy.terminate()
        assert proxy.wait(5) == 0


def test_running_streams_finish_and_new_connections_are_refused(enclave, marker):
    text = script(ROLE, *say("early "), {"gate": marker}, *say("late"), *ENDING)
    with (
        Proxy.serving(enclave) as proxy,
        httpx.Client(base_url=proxy.url, timeout=20, trust_env=False) as client,
    ):
        with client.stream("POST", "/v1/chat/completions", json=ask(text, stream=True)) as answer:
            pieces = answer.iter_text()
            received = next(piece for piece in pieces if "early" in piece)
            proxy.terminate()
            proxy.wait_for(lambda: refuses_connections(proxy), 5)
            assert proxy.process.poll() is None
            enclave.gate(marker).set()
            received += "".join(pieces)
        assert "late" in received and received.endswith("data: [DONE]\n\n")
        assert proxy.wait(5) == 0


def refuses_connections(proxy) -> bool:
    try:
        proxy.connect(1).close()
        return False
    except OSError:
        return True


def test_a_stream_that_outlasts_the_drain_time_is_cut(enclave, marker):
    text = script(ROLE, *say(marker), {"stall": True})
    with Proxy.serving(enclave, "--drain-timeout", "0.5") as proxy:
        with httpx.Client(base_url=proxy.url, timeout=20, trust_env=False) as client:
            with pytest.raises(httpx.TransportError):
                with client.stream(
                    "POST", "/v1/chat/completions", json=ask(text, stream=True)
                ) as answer:
                    for piece in answer.iter_text():
                        assert "[DONE]" not in piece
                        if marker in piece:
                            proxy.terminate()
        assert proxy.wait(5) == 0
    assert enclave.chat_that_said(marker).client_left.wait(2)


def test_a_closed_standard_error_does_not_end_the_proxy(enclave):
    with Proxy.serving(enclave) as proxy:
        proxy.deaf = True
        for _ in range(5):
            answer = httpx.post(
                proxy.url + "/v1/chat/completions", json=ask("echo:x"), trust_env=False
            )
            assert answer.status_code == 200
        assert proxy.process.stderr.closed
        proxy.terminate()
        assert proxy.process.wait(5) == 0


# Reaching the provider


def test_a_provider_with_an_unknown_authority_gets_nothing(enclave, tmp_path):
    with Proxy.serving(enclave, "--ca-file", str(Enclave(tmp_path).ca_file)) as proxy:
        before = len(enclave.received)
        answer = httpx.post(
            proxy.url + "/v1/chat/completions", json=ask("echo:x"), timeout=20, trust_env=False
        )
        assert answer.status_code in (502, 503) and answer.json()["error"]["message"]
        assert len(enclave.received) == before


def test_a_provider_that_is_down_is_an_error_and_health_is_not(enclave):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    with Proxy.serving(enclave, "--upstream-url", f"https://127.0.0.1:{port}/api/v1") as proxy:
        with httpx.Client(base_url=proxy.url, timeout=20, trust_env=False) as client:
            assert client.post("/v1/chat/completions", json=ask("echo:x")).status_code in (502, 503)
            assert client.get("/v1/models").status_code in (502, 503)
            assert client.get("/health").status_code == 200


def test_a_provider_that_never_answers_the_handshake_is_given_up(enclave):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/api/v1"
        with Proxy.serving(enclave, "--upstream-url", url, "--connect-timeout", "0.5") as proxy:
            answer = httpx.post(
                proxy.url + "/v1/chat/completions", json=ask("echo:x"), timeout=20, trust_env=False
            )
            assert answer.status_code in (502, 503, 504)


def test_a_provider_without_tls_on_this_machine_works_or_is_refused(enclave):
    """http:// to the loopback address is for developers; whichever it is, it says so at the start."""
    url = f"http://127.0.0.1:{enclave.port}/api/v1"
    proxy = Proxy("serve", "--host", "127.0.0.1", "--port", "0", "--upstream-url", url, **GOOD)
    with proxy:
        proxy.wait_for(lambda: "listening on" in proxy.errors or proxy.process.poll() is not None)
        assert proxy.process.poll() in (None, *range(1, 128))


def test_many_proxies_start_and_stop_cleanly(enclave):
    proxies = [Proxy.serving(enclave) for _ in range(5)]
    threads = [threading.Thread(target=proxy.stop) for proxy in proxies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15)
    assert [proxy.process.returncode for proxy in proxies] == [0] * 5
    assert len({proxy.port for proxy in proxies}) == 5


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_what_is_meant_for_a_closed_standard_error_reaches_no_socket(enclave):
    port = free_port()
    command = [
        str(BINARY), "serve", "--host", "127.0.0.1", "--port", str(port),
        "--upstream-url", enclave.url, "--ca-file", str(enclave.ca_file), "--log-level", "trace",
    ]  # fmt: skip
    process = subprocess.Popen(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *command],
        env=environment(VENICE_API_KEY="key"),
    )
    try:
        links = [f"/proc/{process.pid}/fd/{number}" for number in range(3)]
        end = time.monotonic() + 10
        while not listens(port):
            assert process.poll() is None and time.monotonic() < end
        assert [os.readlink(link) for link in links] == ["/dev/null"] * 3
    finally:
        process.terminate()
    assert process.wait(10) == 0


def test_the_demo_can_end_at_any_moment():
    """Its simulator may be sealing on another thread when the process goes. (Two different
    signals: one that is pending is not pending twice.)"""
    body = {
        "model": "e2ee-demo-lorem",
        "stream": True,
        "messages": [{"role": "user", "content": "rate=5000 chunks=50000"}],
    }
    for _ in range(15):
        with Proxy("demo", "--port", "0").wait_until_listening() as proxy:
            with httpx.Client(timeout=30, trust_env=False) as client, client.stream(
                "POST", proxy.url + "/v1/chat/completions", json=body
            ) as answer:
                lines = answer.iter_lines()
                next(lines)
                proxy.terminate()
                proxy.process.send_signal(signal.SIGINT)
                assert proxy.wait() == 0
