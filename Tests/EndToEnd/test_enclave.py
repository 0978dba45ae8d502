"""The fake provider itself: its crypto against known answers, its behaviour against a client
that shares no key agreement code with it."""

import json

import httpx
import pytest
from coincurve import PrivateKey

from direct_client import DirectClient
from envelope import (
    NotAnEnvelope,
    address_of,
    open_sealed,
    public_hex,
    read_point,
    seal,
    shared_x,
    text_key,
)
from evidence import BAD, REPORT_DATA_AT, SHAPES, attest
from replies import DONE, ENDING, ROLE, STOP, USED, refusal, say, script, whole

RECIPIENT = PrivateKey(b"\x11" * 32)
SENDER = PrivateKey(b"\x22" * 32)
NONCE = bytes.fromhex("a0a1a2a3a4a5a6a7a8a9aaab")


@pytest.fixture(scope="session")
def direct(enclave):
    return DirectClient(enclave)


def test_the_shared_secret_and_the_key_are_the_known_ones():
    expected = "77e0510d5042e2f5e9e59c977b81eeed590cf7d20c1c51da451a8eaa9fdc45ff"
    assert shared_x(SENDER, RECIPIENT.public_key).hex() == expected
    key = "41d8f5155ed5844867b9244accfb74b0dd6baa897e300a70e94a823032f9131f"
    assert text_key(SENDER, RECIPIENT.public_key).hex() == key


@pytest.mark.parametrize(
    "text, ending",
    [
        (
            "deterministic Venice E2EE fixture",
            "3b364a6560dc6246955e1379bac6c7a0f453c5b2d9be6eabb00cad9955278b4c401f6793813d7f98ba8f163a5c51b87686",
        ),
        ("", "6dbbe8177cc9d5e806d597969f921217"),
        (
            'héllo 🌍 — "quotes"\n\ttab',
            "3790976c7ede2bd863a1ea303b6605e5b84bd3b88d9e2fccff25bf914fbb0764b543ad4fd0d6c170a371e17d33",
        ),
    ],
)
def test_a_sealed_text_is_the_known_one(text, ending):
    sealed = seal(text.encode(), RECIPIENT.public_key, SENDER, NONCE)
    assert sealed == public_hex(SENDER) + NONCE.hex() + ending
    assert open_sealed(sealed, RECIPIENT).decode() == text


def test_a_shared_secret_keeps_its_leading_zero():
    sender = PrivateKey((109).to_bytes(32, "big"))
    assert shared_x(sender, RECIPIENT.public_key).hex().startswith("00efae9a")
    sealed = seal(b"leading zero shared secret", RECIPIENT.public_key, sender, NONCE)
    assert sealed.endswith(
        "b85b3966863bcd657a8db8a69c7d94dd973b7aee86e18312e95076ed32f7129a24467fedf218bc616e0a"
    )


def test_the_address_of_private_key_one_is_the_famous_one():
    point = PrivateKey((1).to_bytes(32, "big")).public_key.format(compressed=False)
    assert address_of(point).hex() == "7e5f4552091a69125d5dfcb7b8c2659029395bdf"


@pytest.mark.parametrize(
    "text", ["02" + "11" * 32, "04" + "11" * 64, "04" + "00" * 64, "06" + "11" * 64, "zz" * 65]
)
def test_a_key_that_is_no_point_is_refused(text):
    with pytest.raises(NotAnEnvelope):
        read_point(text)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_evidence_binds_key_and_nonce(shape):
    key, nonce = PrivateKey(), b"\x07" * 32
    status, body = attest("m", key, nonce, shape)
    quote = json.loads(body)["intel_quote"]
    raw = bytes.fromhex(quote) if shape != "base64-flat" else __import__("base64").b64decode(quote)
    bound = raw[REPORT_DATA_AT : REPORT_DATA_AT + 64]
    assert status == 200
    assert bound == address_of(key.public_key.format(compressed=False)) + bytes(12) + nonce


@pytest.mark.parametrize("name", BAD)
def test_every_spoiled_evidence_differs_from_a_good_one(name):
    key, nonce = PrivateKey(), b"\x07" * 32
    good = [attest("m", key, nonce, shape) for shape in SHAPES]
    assert attest("m", key, nonce, "dstack-flat", name) not in good


def test_the_catalogue_has_the_shape_of_the_provider(direct):
    models = {one["id"]: one for one in direct.http.get("/models").json()["data"]}
    assert models["e2ee-vision-p"]["model_spec"]["capabilities"]["supportsVision"] is True
    assert models["llama-in-clear"]["model_spec"]["capabilities"]["supportsE2EE"] is False


@pytest.mark.parametrize("shape", SHAPES)
def test_an_echo_comes_back_sealed(direct, shape):
    answer, events = direct.chat("e2ee-shape-" + shape, "echo:gräßlich 🦊 viele Wörter")
    assert answer.status_code == 200
    assert direct.text(events) == "gräßlich 🦊 viele Wörter"
    assert events[-1] == "[DONE]" and events[-2]["choices"] == [] and "usage" in events[-2]
    assert "gräßlich" not in answer.text


def test_a_clear_prompt_is_refused_and_noted(enclave, direct):
    with enclave.expecting_violations() as violations:
        answer, _ = direct.chat("e2ee-plain-p", "echo:in clear", clear=True)
    assert answer.status_code == 400 and answer.json()["error"]["type"] == "e2ee_decryption_failed"
    assert violations


def test_a_field_in_clear_is_noted(enclave, direct):
    with enclave.expecting_violations() as violations:
        direct.chat("e2ee-plain-p", "echo:a", user="somebody", tools=[])
    assert violations == ["the field user is in clear", "the field tools is in clear"]


def test_a_wrong_key_is_refused(direct):
    direct.http.headers["authorization"] = "Bearer wrong"
    try:
        assert direct.http.get("/models").status_code == 401
    finally:
        direct.http.headers["authorization"] = "Bearer enclave-test-key"


def test_a_rotated_key_is_refused(enclave, direct):
    model = enclave.fresh_model()
    request = direct.request(model, "echo:a")
    enclave.rotate(model)
    answer = direct.http.send(request)
    assert answer.status_code == 400 and answer.json()["error"]["type"] == "e2ee_model_key_mismatch"


@pytest.mark.parametrize(
    "delivery",
    [
        "events",
        "crlf",
        "cr",
        "comments",
        "chunk-per-byte",
        "bytes",
        "tiny-records",
        "one-write",
    ],
)
def test_every_delivery_says_the_same(direct, delivery):
    _, events = direct.chat("e2ee-plain-p", whole("one ", "two ", "three", delivery=delivery))
    assert direct.text(events) == "one two three"


@pytest.mark.parametrize("end", ["fin", "rst", "close-notify", "bad-chunk", "short-chunk"])
def test_a_cut_stream_is_a_protocol_error(direct, end):
    with pytest.raises(httpx.TransportError):
        direct.chat("e2ee-plain-p", script(ROLE, *say("part"), end=end))


def test_a_refusal_has_its_status_and_headers(direct):
    answer, _ = direct.chat("e2ee-plain-p", refusal(429, headers={"retry-after": "7"}))
    assert answer.status_code == 429 and answer.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    "spoil", ["tag", "ciphertext", "nonce", "sender", "wrong-key", "off-curve", "short", "odd"]
)
def test_a_spoiled_envelope_does_not_open(direct, spoil):
    _, events = direct.chat(
        "e2ee-plain-p", script(ROLE, *say("secret", spoil=spoil), STOP, USED, DONE)
    )
    with pytest.raises(Exception):
        direct.text(events)


def test_a_gate_holds_the_stream_until_it_opens(enclave, direct):
    request = direct.request(
        "e2ee-plain-p", script(ROLE, *say("a"), {"gate": "held"}, *say("b"), *ENDING)
    )
    answer = direct.http.send(request, stream=True)
    lines = answer.iter_lines()
    assert "assistant" in next(lines)
    enclave.gate("held").set()
    assert "data: [DONE]" in list(lines)


def test_a_client_that_leaves_is_noticed(enclave, direct, marker):
    request = direct.request("e2ee-plain-p", script(ROLE, *say(marker), {"stall": True}))
    answer = direct.http.send(request, stream=True)
    one = enclave.chat_that_said(marker)
    answer.close()
    assert one.client_left.wait(2)
