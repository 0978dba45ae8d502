"""A prompt is sealed only to a key that a good attestation binds; anything else is a 502."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from evidence import BAD, SHAPES, UNUSUAL
from proxy import Proxy
from replies import ROLE, refusal, say, script


def body(model, text="echo:x", **more):
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


@pytest.fixture(scope="module")
def trusting(enclave):
    """A proxy of this file alone, so that its failures do not slow others."""
    with Proxy.serving(enclave) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def http(trusting):
    with httpx.Client(base_url=trusting.url, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def unused_http(enclave):
    """A client of a proxy that has seen no failure yet: after many of them it pauses."""
    with (
        Proxy.serving(enclave) as proxy,
        httpx.Client(base_url=proxy.url, timeout=30, trust_env=False) as client,
    ):
        yield client


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("stream", [False, True])
def test_no_prompt_is_sent_on_bad_evidence(unused_http, enclave, marker, name, stream):
    model = "e2ee-bad-" + name
    before = len(enclave.attestations(model))
    answer = unused_http.post("/v1/chat/completions", json=body(model, marker, stream=stream))
    assert len(enclave.attestations(model)) > before, "the proxy asked for evidence"
    assert enclave.chats(model) == []
    assert answer.status_code == (404 if name == "http-404" else 502), answer.text
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers.get("x-should-retry") == "false" or name == "http-404"
    assert set(answer.json()["error"]) >= {"message", "type", "code", "param"}
    assert marker not in answer.text


def test_bad_evidence_is_not_asked_for_again_by_every_request(unused_http, enclave):
    model = "e2ee-bad-verified-false"
    before = len(enclave.attestations(model))
    for _ in range(40):
        answer = unused_http.post("/v1/chat/completions", json=body(model))
        assert answer.status_code in (502, 503) and answer.headers["x-should-retry"] == "false"
    assert len(enclave.attestations(model)) - before <= 20
    assert enclave.chats(model) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_good_evidence_of_every_shape_is_accepted(http, enclave, shape, marker):
    answer = http.post("/v1/chat/completions", json=body("e2ee-shape-" + shape, "echo:" + marker))
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"] == marker


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_evidence_that_is_good_is_accepted(http, enclave, name):
    answer = http.post("/v1/chat/completions", json=body("e2ee-unusual-" + name, "echo:good"))
    assert answer.status_code == 200, answer.text


def test_evidence_is_not_used_after_it_went_stale(http, enclave):
    model = "e2ee-unusual-short-lived"
    until = time.monotonic() + 10
    while len(enclave.attestations(model)) < 2 and time.monotonic() < until:
        assert http.post("/v1/chat/completions", json=body(model)).status_code == 200
    assert len(enclave.attestations(model)) >= 2
    first, second = (one.arrived_at for one in enclave.attestations(model)[:2])
    assert second - first < 5, "the evidence said it is stale after two seconds"


def test_the_nonce_is_new_for_every_attestation(enclave):
    nonces = [one.query["nonce"] for one in enclave.attestations()]
    assert len(nonces) == len(set(nonces)) > 0
    assert all(len(nonce) == 64 and nonce == nonce.lower() for nonce in nonces)


def all_at_once(http, bodies):
    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(lambda one: http.post("/v1/chat/completions", json=one), bodies))


def test_fifty_first_requests_make_one_attestation(http, enclave):
    model = enclave.fresh_model()
    answers = all_at_once(http, [body(model, f"echo:{number}") for number in range(50)])
    assert [answer.json()["choices"][0]["message"]["content"] for answer in answers] == [
        str(n) for n in range(50)
    ]
    assert len(enclave.attestations(model)) == 1


def test_two_models_make_two_attestations(http, enclave):
    models = [enclave.fresh_model(), enclave.fresh_model()]
    answers = all_at_once(
        http, [body(models[number % 2], f"echo:{number}") for number in range(20)]
    )
    assert {answer.status_code for answer in answers} == {200}
    assert [len(enclave.attestations(model)) for model in models] == [1, 1]


@pytest.mark.parametrize("stream", [False, True])
def test_a_rotated_key_costs_one_attestation_and_one_more_try(http, enclave, stream):
    model = enclave.fresh_model()
    assert http.post("/v1/chat/completions", json=body(model)).status_code == 200
    enclave.rotate(model)
    answer = http.post("/v1/chat/completions", json=body(model, "echo:after", stream=stream))
    assert answer.status_code == 200 and "after" in answer.text
    assert len(enclave.attestations(model)) == 2
    assert [one.status for one in enclave.chats(model)] == [200, 400, 200]


def test_many_requests_after_a_rotation_all_succeed(http, enclave):
    model = enclave.fresh_model()
    assert http.post("/v1/chat/completions", json=body(model)).status_code == 200
    enclave.rotate(model)
    answers = all_at_once(http, [body(model, f"echo:{number}") for number in range(20)])
    assert {answer.status_code for answer in answers} == {200}
    assert len(enclave.attestations(model)) <= 3


def test_a_key_that_never_matches_is_given_up_after_one_more_try(http, enclave):
    model = "e2ee-never-matches-p"
    answer = http.post("/v1/chat/completions", json=body(model))
    assert answer.status_code == 502 and answer.headers.get("x-should-retry") == "false"
    assert len(enclave.chats(model)) == 2 and len(enclave.attestations(model)) == 2


@pytest.mark.parametrize(
    "message, kind",
    [
        ("Failed to decrypt field", "invalid_request"),
        ("Decryption failed", "e2ee_decryption_failed"),
        ("Invalid public key", "e2ee_invalid_public_key"),
        ("x", "e2ee_model_key_mismatch"),
    ],
)
def test_every_sign_of_a_stale_key_is_understood(http, enclave, message, kind):
    model = enclave.fresh_model()
    text = refusal(400, body={"error": {"message": message, "type": kind, "code": kind}})
    answer = http.post("/v1/chat/completions", json=body(model, text))
    assert answer.status_code == 502
    assert len(enclave.chats(model)) == 2 and len(enclave.attestations(model)) == 2


@pytest.mark.parametrize("status", [400, 401, 402, 404, 422, 429, 500, 503])
def test_other_refusals_are_not_tried_again(http, enclave, status):
    model = enclave.fresh_model()
    http.post("/v1/chat/completions", json=body(model, refusal(status)))
    assert len(enclave.chats(model)) == 1 and len(enclave.attestations(model)) == 1


def test_a_request_is_not_tried_again_once_text_has_been_delivered(http, enclave):
    model, received = enclave.fresh_model(), b""
    error = {"raw": 'data: {"error":{"message":"x","type":"e2ee_model_key_mismatch"}}\n\n'}
    text = script(ROLE, *say("delivered"), error, end="fin")
    with pytest.raises(httpx.RemoteProtocolError):
        with http.stream(
            "POST", "/v1/chat/completions", json=body(model, text, stream=True)
        ) as answer:
            for piece in answer.iter_bytes():
                received += piece
    assert received.count(b"delivered") == 1 and b'"error"' in received
    assert len(enclave.chats(model)) == 1


def test_an_attestation_that_fails_twice_and_then_works_is_a_success(http, enclave):
    answers = [
        http.post("/v1/chat/completions", json=body("e2ee-late-p", "echo:at last"))
        for _ in range(3)
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses[-1] == 200 and set(statuses[:-1]) <= {200, 502}
    assert answers[-1].json()["choices"][0]["message"]["content"] == "at last"


def test_a_model_is_well_again_after_others_failed(http, enclave):
    assert http.post("/v1/chat/completions", json=body(enclave.fresh_model())).status_code == 200
