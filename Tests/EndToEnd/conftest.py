"""One enclave and one proxy for most tests; what the enclave saw must be clean at the end."""

import uuid

import httpx
import openai
import pytest

from enclave import Enclave
from proxy import Proxy


@pytest.fixture(scope="session")
def enclave(tmp_path_factory):
    enclave = Enclave(tmp_path_factory.mktemp("enclave")).start()
    yield enclave
    enclave.stop()


@pytest.fixture(scope="session")
def proxy(enclave):
    proxy = Proxy.serving(enclave)
    yield proxy
    assert proxy.process.poll() is None, f"the proxy ended during the tests:\n{proxy.errors[-2000:]}"
    assert proxy.stop() == 0


@pytest.fixture(scope="session")
def client(proxy):
    with openai.OpenAI(base_url=proxy.url + "/v1", api_key="inbound", max_retries=0, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def http(proxy):
    with httpx.Client(base_url=proxy.url, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture(autouse=True)
def nothing_improper_reached_the_enclave(request):
    """Fails the very test during which the proxy sent something it never may."""
    used = "enclave" in request.fixturenames
    enclave = request.getfixturevalue("enclave") if used else None
    before = len(enclave.violations) if used else 0
    yield
    if used:
        assert enclave.violations[before:] == []


@pytest.fixture
def marker():
    """A text that occurs nowhere else."""
    return "marker" + uuid.uuid4().hex
