"""The list of models: what it shows, how often it is fetched, and what a broken one does."""

import json

import httpx
import pytest

from enclave import Enclave
from proxy import Proxy

BODY = {"model": "e2ee-plain-p", "messages": [{"role": "user", "content": "echo:x"}]}
BROKEN = {
    "http-500": (500, None),
    "http-401": (401, None),
    "http-302": (302, None),
    "empty": (200, b""),
    "not-json": (200, b"<html>"),
    "cut": (200, b'{"object":"list","data":[{"id":"e2ee-plain-p"'),
    "array": (200, b"[]"),
    "data-is-no-list": (200, b'{"object":"list","data":{}}'),
    "no-data": (200, b'{"object":"list"}'),
}


@pytest.fixture
def provider(tmp_path):
    provider = Enclave(tmp_path).start()
    yield provider
    provider.stop()
    assert provider.violations == []


def client_of(proxy: Proxy) -> httpx.Client:
    return httpx.Client(base_url=proxy.url, timeout=20, trust_env=False)


def catalogues(provider: Enclave) -> int:
    return len([one for one in provider.received if one.path == "/models"])


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_catalogue_is_an_error_and_no_prompt_is_sent(provider, name):
    provider.catalogue_status, provider.catalogue_body = BROKEN[name]
    with Proxy.serving(provider) as proxy, client_of(proxy) as client:
        for answer in (client.get("/v1/models"), client.post("/v1/chat/completions", json=BODY)):
            assert answer.status_code in (401, 502, 503), answer.text
            assert set(answer.json()["error"]) >= {"message", "type", "code", "param"}
        assert client.get("/health").status_code == 200
        assert provider.chats() == []


def test_strange_entries_are_left_out_and_the_good_ones_stay(provider):
    entry = provider.models["e2ee-plain-p"].entry()
    strange = [
        5,
        None,
        {},
        {"id": 5},
        {"id": "x"},
        {"id": "y", "model_spec": None},
        entry | {"id": "a\r\nb: c"},
    ]
    strange += [{"id": "z", "model_spec": {"capabilities": {"supportsE2EE": "true"}}}]
    provider.catalogue_body = json.dumps({"object": "list", "data": [*strange, entry]}).encode()
    with Proxy.serving(provider) as proxy, client_of(proxy) as client:
        listed = [model["id"] for model in client.get("/v1/models").json()["data"]]
        assert "e2ee-plain-p" in listed and not {"x", "y", "z"} & set(listed)
        assert client.post("/v1/chat/completions", json=BODY).status_code == 200


def test_an_empty_catalogue_is_an_empty_list(provider):
    provider.catalogue_body = b'{"object":"list","data":[]}'
    with Proxy.serving(provider) as proxy, client_of(proxy) as client:
        assert client.get("/v1/models").json() == {"object": "list", "data": []}
        assert client.post("/v1/chat/completions", json=BODY).status_code == 404


def test_the_catalogue_is_fetched_once_for_many_requests(provider):
    with Proxy.serving(provider) as proxy, client_of(proxy) as client:
        for _ in range(5):
            assert client.get("/v1/models").status_code == 200
            assert client.post("/v1/chat/completions", json=BODY).status_code == 200
        assert catalogues(provider) == 1


def test_nothing_is_asked_of_the_provider_before_a_client_asks(provider):
    with Proxy.serving(provider) as proxy, client_of(proxy) as client:
        assert client.get("/health").status_code == 200
        assert provider.chats() == [] and catalogues(provider) <= 1
