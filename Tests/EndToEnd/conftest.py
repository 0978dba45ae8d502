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


class OneProxy:
    """The proxy most tests share. One that ended is started again, on the same port, for the next."""

    def __init__(self, enclave):
        self.enclave = enclave
        self.proxy = Proxy.serving(enclave)

    @property
    def ended(self) -> bool:
        return self.proxy.process.poll() is not None

    def running(self) -> Proxy:
        if self.ended:
            self.proxy = Proxy.serving(self.enclave, port=self.proxy.port)
        return self.proxy


@pytest.fixture(scope="session")
def shared(enclave):
    shared = OneProxy(enclave)
    yield shared
    assert shared.proxy.stop() == 0


@pytest.fixture
def proxy(shared):
    yield shared.running()
    assert not shared.ended, f"the proxy ended during this test:\n{shared.proxy.errors[-1500:]}"


@pytest.fixture(scope="session")
def shared_client(shared):
    with openai.OpenAI(
        base_url=shared.proxy.url + "/v1", api_key="inbound", max_retries=0, timeout=30
    ) as client:
        yield client


@pytest.fixture(scope="session")
def shared_http(shared):
    with httpx.Client(base_url=shared.proxy.url, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def client(shared_client, proxy):
    return shared_client


@pytest.fixture
def http(shared_http, proxy):
    return shared_http


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
