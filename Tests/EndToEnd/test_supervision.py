"""What a supervisor sees: alive and ready, what it is told, and settings that are read again."""

import socket

import httpx
import pytest

from proxy import API_KEY, Proxy

GOOD = {"VENICE_API_KEY": API_KEY}


def status(proxy: Proxy, path: str, key: str | None = None) -> int:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.get(proxy.url + path, headers=headers, timeout=10, trust_env=False).status_code


def private(file, text: str):
    file.write_text(text)
    file.chmod(0o600)
    return str(file)


@pytest.fixture(params=["path", "abstract"])
def notices(request, tmp_path):
    """A supervisor's socket, and its name as the environment spells it."""
    name = str(tmp_path / "notify") if request.param == "path" else f"\0{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(name)
        receiver.settimeout(10)
        yield receiver, name.replace("\0", "@")


def test_a_supervisor_hears_of_start_reload_and_stop(enclave, notices):
    receiver, name = notices
    with Proxy.serving(enclave, NOTIFY_SOCKET=name) as proxy:
        assert receiver.recv(200) == b"READY=1"
        assert status(proxy, "/health") == 200
        proxy.process.send_signal(1)
        assert receiver.recv(200).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        assert receiver.recv(200) == b"READY=1"
        proxy.terminate()
        assert receiver.recv(200) == b"STOPPING=1"
        assert proxy.wait() == 0


@pytest.mark.parametrize("name", ["", "@", "relative", "/no/such/socket", "/" + "x" * 300])
def test_a_supervisor_that_cannot_be_told_is_no_reason_to_fail(enclave, name):
    with Proxy.serving(enclave, NOTIFY_SOCKET=name) as proxy:
        assert status(proxy, "/health") == 200
        assert proxy.stop() == 0


def test_alive_is_not_ready(enclave):
    with Proxy.serving(enclave) as proxy:
        assert status(proxy, "/ready") == 200
    with Proxy(
        "serve", "--host", "127.0.0.1", "--port", "0", "--upstream-url", "https://127.0.0.1:1/v1", **GOOD
    ).wait_until_listening() as proxy:
        assert status(proxy, "/health") == 200
        assert status(proxy, "/ready") == 503


def test_a_hang_up_reads_keys_again(enclave, tmp_path):
    file = tmp_path / "key"
    first, second = "first-inbound-key", "second-inbound-key"
    with Proxy.serving(enclave, "--require-key-file", private(file, first)) as proxy:
        assert status(proxy, "/v1/models", first) == 200
        private(file, second)
        proxy.process.send_signal(1)
        proxy.wait_for(lambda: "were read again" in proxy.errors)
        assert status(proxy, "/v1/models", first) == 401
        assert status(proxy, "/v1/models", second) == 200
        private(file, "no key\nat all")
        proxy.process.send_signal(1)
        proxy.wait_for(lambda: "nothing was changed" in proxy.errors)
        assert status(proxy, "/v1/models", second) == 200
        for secret in (first, second, API_KEY):
            assert secret not in proxy.errors


def test_a_hang_up_without_anything_to_read_changes_nothing(enclave):
    with Proxy.serving(enclave) as proxy:
        proxy.process.send_signal(1)
        proxy.wait_for(lambda: "were read again" in proxy.errors)
        assert status(proxy, "/v1/models") == 200


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_beyond_the_memory_is_turned_away(enclave, declared):
    with Proxy.serving(enclave, "--max-buffered", "2000000") as proxy:
        body = b'{"model":"m","messages":[' + b" " * 6_000_000
        length = b"Content-Length: %d\r\n" % len(body)
        frame = length if declared else b"Transfer-Encoding: chunked\r\n"
        data = body if declared else b"%x\r\n" % len(body) + body
        answers = proxy.send(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
            b"Content-Type: application/json\r\n%s\r\n%s" % (proxy.port, frame, data)
        )
        assert answers.only.status == 503
        assert answers.only.header("retry-after") == "1"
        assert status(proxy, "/v1/models") == 200
