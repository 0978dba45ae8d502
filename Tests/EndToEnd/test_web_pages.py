"""A local server seen from a web page, and the key a client may have to send."""

import pytest

from proxy import Proxy
from raw_requests import CHAT, error_of, get, post, sent_to

FOREIGN = [
    b"https://evil.example",
    b"http://127.0.0.1.evil.example",
    b"http://localhost.evil.example:3000",
    b"null",
    b"http://127.0.0.1@evil.example",
    b"http://evil.example:%PORT%",
    b"file://",
    b"http://localhost:3000.evil.example",
    b"http://notlocalhost",
    b"chrome-extension://abcdef",
    b"http://0.0.0.0:3000",
    b"http://localhost:3000, http://a",
    b"",
    b"http://[::2]:80",
    b"http://127.0.0.1:99999",
    b"ftp://localhost",
    b"localhost:3000",
]
LOCAL = [
    b"http://localhost:3000",
    b"http://127.0.0.1:8080",
    b"https://localhost",
    b"http://[::1]:5173",
    b"http://127.0.0.1:%PORT%",
]


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_page_is_refused_and_not_told_anything(proxy, enclave, origin):
    before = len(enclave.received)
    for data in (
        get(b"/v1/models", b"Origin: " + origin),
        post(CHAT, b"Origin: " + origin),
        get(b"/health", b"Origin: " + origin),
    ):
        answer = sent_to(proxy, data).only
        assert answer.status in (403, 400)
        assert answer.header("access-control-allow-origin") is None
    assert len(enclave.received) == before


@pytest.mark.parametrize("origin", LOCAL)
def test_a_page_of_this_machine_is_served(proxy, enclave, origin):
    answer = sent_to(proxy, post(CHAT, b"Origin: " + origin, b"Sec-Fetch-Site: cross-site")).only
    assert answer.status == 200
    assert answer.header("access-control-allow-origin") == origin.decode().replace(
        "%PORT%", str(proxy.port)
    )
    assert "origin" in answer.header("vary").lower()
    assert answer.header("access-control-allow-credentials") is None


def test_errors_can_be_read_by_an_allowed_page(proxy):
    answer = sent_to(proxy, get(b"/v1/models/none", b"Origin: http://localhost:3000")).only
    assert (
        answer.status == 404
        and answer.header("access-control-allow-origin") == "http://localhost:3000"
    )


def test_two_origins_are_refused(proxy):
    answer = sent_to(
        proxy, get(b"/health", b"Origin: http://localhost:3000", b"Origin: https://evil.example")
    ).only
    assert answer.status in (400, 403)


def test_a_simple_post_of_a_page_is_refused(proxy, enclave):
    before = len(enclave.chats())
    lines = (
        b"Origin: https://evil.example",
        b"Sec-Fetch-Site: cross-site",
        b"Sec-Fetch-Mode: no-cors",
    )
    answer = sent_to(
        proxy, post(CHAT, *lines, kind=b"Content-Type: text/plain;charset=UTF-8\r\n")
    ).only
    assert answer.status in (403, 415) and len(enclave.chats()) == before


@pytest.mark.parametrize("origin", LOCAL)
def test_a_preflight_of_an_allowed_page_is_answered(proxy, enclave, origin):
    before = len(enclave.received)
    answer = sent_to(
        proxy,
        get(
            b"/v1/chat/completions",
            b"Origin: " + origin,
            b"Access-Control-Request-Method: POST",
            b"Access-Control-Request-Headers: authorization,content-type",
            method=b"OPTIONS",
        ),
    ).only
    assert answer.status in (200, 204)
    assert answer.header("access-control-allow-origin") == origin.decode().replace(
        "%PORT%", str(proxy.port)
    )
    assert "POST" in answer.header("access-control-allow-methods")
    allowed = answer.header("access-control-allow-headers").lower()
    assert "authorization" in allowed and "content-type" in allowed
    assert len(enclave.received) == before


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_preflight_of_a_foreign_page_is_refused(proxy, origin):
    answer = sent_to(
        proxy,
        get(
            b"/v1/chat/completions",
            b"Origin: " + origin,
            b"Access-Control-Request-Method: POST",
            b"Access-Control-Request-Private-Network: true",
            method=b"OPTIONS",
        ),
    ).only
    assert answer.status in (400, 403)
    for name in ("origin", "methods", "headers", "private-network"):
        assert answer.header("access-control-allow-" + name) is None


@pytest.mark.parametrize("target", [b"/health", b"/v1/models"])
def test_a_cross_site_request_without_origin_is_refused(proxy, target):
    assert (
        sent_to(
            proxy, get(target, b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Mode: no-cors")
        ).only.status
        == 403
    )


def test_a_cross_site_post_without_origin_is_refused(proxy, enclave):
    before = len(enclave.chats())
    assert sent_to(proxy, post(CHAT, b"Sec-Fetch-Site: cross-site")).only.status == 403
    assert len(enclave.chats()) == before


@pytest.mark.parametrize("site", [b"none", b"same-origin"])
def test_a_request_of_the_user_is_served(proxy, site):
    assert sent_to(proxy, get(b"/health", b"Sec-Fetch-Site: " + site)).only.status == 200


def test_a_named_origin_and_host_are_allowed_and_nothing_else(enclave):
    with Proxy.serving(
        enclave, "--allow-origin", "https://app.example", "--allow-host", "proxy.internal"
    ) as proxy:
        answer = sent_to(proxy, get(b"/v1/models", b"Origin: https://app.example")).only
        assert (
            answer.status == 200
            and answer.header("access-control-allow-origin") == "https://app.example"
        )
        for near in (
            b"https://app.example.evil",
            b"http://app.example",
            b"https://app.example:444",
            b"https://xapp.example",
        ):
            assert sent_to(proxy, get(b"/v1/models", b"Origin: " + near)).only.status == 403
        assert sent_to(proxy, get(host=b"Host: proxy.internal:%PORT%\r\n")).only.status == 200
        assert sent_to(proxy, get(host=b"Host: other.internal:%PORT%\r\n")).only.status in (
            403,
            421,
        )


@pytest.mark.parametrize("target", [b"/health", b"/v1/models", b"/v1/models/none"])
def test_answers_are_never_sniffed_or_stored(proxy, target):
    answer = sent_to(proxy, get(target)).only
    assert (
        answer.header("x-content-type-options") == "nosniff"
        and answer.header("cache-control") == "no-store"
    )
    assert answer.header("x-request-id") and answer.header("server") is None


# The inbound key


@pytest.fixture(scope="module")
def locked(enclave, tmp_path_factory):
    file = tmp_path_factory.mktemp("key") / "inbound"
    file.write_text("inbound-secret-key\n")
    file.chmod(0o600)
    with Proxy.serving(enclave, "--require-key-file", str(file)) as proxy:
        yield proxy


@pytest.mark.parametrize(
    "line",
    [
        b"X: y",
        b"Authorization: Bearer wrong",
        b"Authorization: Bearer inbound-secret-ke",
        b"Authorization: Bearer inbound-secret-keyy",
        b"Authorization: inbound-secret-key",
        b"Authorization: Basic inbound-secret-key",
        b"Authorization: Bearer ",
        b"Authorization:",
        b"Authorization: Bearer INBOUND-SECRET-KEY",
        b"Authorization: Bearer inbound-secret-key extra",
    ],
)
def test_without_the_right_key_nothing_is_served(locked, enclave, line):
    before = len(enclave.chats())
    for data in (post(CHAT, line), get(b"/v1/models", line), get(b"/v1/models/x", line)):
        answer = sent_to(locked, data).only
        assert answer.status == 401
        assert error_of(answer)["code"]
    assert len(enclave.chats()) == before


def test_with_the_right_key_all_is_served(locked, enclave):
    for line in (
        b"Authorization: Bearer inbound-secret-key",
        b"authorization: bearer inbound-secret-key",
    ):
        assert sent_to(locked, post(CHAT, line)).only.status == 200
        assert sent_to(locked, get(b"/v1/models", line)).only.status == 200


def test_two_keys_are_refused(locked):
    lines = (b"Authorization: Bearer inbound-secret-key", b"Authorization: Bearer wrong")
    assert sent_to(locked, get(b"/v1/models", *lines)).only.status in (400, 401)


def test_health_needs_no_key(locked):
    assert sent_to(locked, get()).only.status == 200


def test_the_inbound_key_is_neither_forwarded_nor_printed(locked, enclave):
    assert b"inbound-secret-key" not in enclave.everything_received() + locked.printed
