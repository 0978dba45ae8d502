"""Attestation replies: a TDX quote that binds a key and a nonce, in the three JSON shapes that
are met in the field, and every way to spoil one.

The quote is laid out as TDX version 4 says, but its signature is random: the proxy under test
runs with `--verify binding`, which checks what the quote binds and not who signed it.
"""

import base64
import copy
import hashlib
import json
import os
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from coincurve import PrivateKey

from envelope import address_of

TEE_TDX = 0x81
TD_ATTRIBUTES_AT = 168
REPORT_DATA_AT = 568
BODY_END = 632
SIGNATURE_DATA_BYTES = 4304


def quote(report_data: bytes) -> bytes:
    """A TDX quote, version 4: header 48 | body 584 | signature data length 4 | data | padding."""
    assert len(report_data) == 64
    noise = random.Random(5)
    header = struct.pack("<HHI", 4, 2, TEE_TDX) + bytes(4)
    header += bytes.fromhex("939a7233f79c4ca9940a0db3957f0607") + noise.randbytes(20)
    body = noise.randbytes(16) + noise.randbytes(48) + bytes(48) + bytes(8)
    body += bytes.fromhex("0000001000000000") + bytes.fromhex("e702060000000000")
    body += noise.randbytes(48) + b"\x01" + noise.randbytes(32) + bytes(15) + bytes(96)
    body += noise.randbytes(4 * 48) + report_data
    assert len(header) == 48 and len(header) + len(body) == BODY_END
    signature = noise.randbytes(128) + struct.pack("<HI", 6, 4170)
    signature += noise.randbytes(384 + 64) + struct.pack("<H", 32) + noise.randbytes(32)
    chain = SIGNATURE_DATA_BYTES - len(signature) - 6
    signature += struct.pack("<HI", 5, chain) + noise.randbytes(chain)
    assert len(signature) == SIGNATURE_DATA_BYTES
    return header + body + struct.pack("<I", len(signature)) + signature + bytes(70)


def _canonical(value) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _flat(model: str, key: str, nonce: str, raw_quote: bytes) -> dict:
    address = "0x" + address_of(bytes.fromhex(key)).hex()
    return {
        "model_name": "Maker/" + model,
        "upstream_model": "Maker/" + model,
        "signing_address": address,
        "signing_algo": "ecdsa",
        "signing_public_key": key,
        "signing_key": key,
        "request_nonce": nonce,
        "nonce": nonce,
        "nonce_source": "client",
        "intel_quote": raw_quote.hex(),
        "nvidia_payload": json.dumps({"arch": "HOPPER", "evidence_list": [], "nonce": nonce}),
        "event_log": [
            {
                "imr": 3,
                "event_type": 0x08000001,
                "digest": "ab" * 48,
                "event": "app-id",
                "event_payload": "cd" * 20,
            }
        ],
        "info": {"app_id": "cd" * 20, "app_name": "tests", "tcb_info": "{}"},
        "verified": True,
        "model": model,
        "tee_provider": "near-ai",
        "tee_hardware": "intel-tdx",
        "server_verification": {
            "tdx": {"valid": True, "signatureValid": True},
            "signingAddressBinding": {"bound": True, "reportDataAddress": address},
            "nonceBinding": {"bound": True, "method": "raw"},
        },
        "candidates_evaluated": 1,
        "candidates_available": 1,
    }


def _keyset(key: str, not_after: int) -> dict:
    return {
        "receipt_signing_keys": [
            {"key_id": "receipt-v1", "algo": "ed25519", "public_key": "12" * 32}
        ],
        "e2ee_public_keys": [
            {"key_id": "e2ee-v1", "algo": "secp256k1-aes-256-gcm-hkdf-sha256", "public_key": key},
            {
                "key_id": "e2ee-x25519-v1",
                "algo": "x25519-aes-256-gcm-hkdf-sha256",
                "public_key": "34" * 32,
            },
            {"key_id": "e2ee-v1-legacy-ecdsa", "algo": "ecdsa", "public_key": key[2:]},
        ],
        "tls_public_keys": [{"domain": "tee.example", "spki_sha256": "56" * 32}],
        "not_after": not_after,
    }


def _without_node_fields(flat: dict) -> dict:
    gone = ("signing_key", "request_nonce", "model_name", "event_log", "info")
    return {name: value for name, value in flat.items() if name not in gone} | {
        "tee_provider": "phala"
    }


def dstack_flat(model: str, key: str, nonce: str, raw_quote: bytes, now: int) -> dict:
    return _flat(model, key, nonce, raw_quote)


def base64_flat(model: str, key: str, nonce: str, raw_quote: bytes, now: int) -> dict:
    """The flat shape with the other spellings of the documentation: base64, 128 digits, mixed case."""
    flat = _flat(model, key, nonce, raw_quote)
    flat["intel_quote"] = base64.b64encode(raw_quote).decode()
    flat["signing_key"] = "0x" + key
    flat["signing_public_key"] = key[2:]
    flat["signing_address"] = "0x" + flat["signing_address"][2:].upper()
    flat["event_log"] = json.dumps(flat["event_log"])
    return flat


def aci_first(model: str, key: str, nonce: str, raw_quote: bytes, now: int) -> dict:
    keyset = _keyset(key, 0)
    del keyset["not_after"]
    keyset["workload_identity"] = {
        "public_key": {"algo": "ecdsa-secp256k1", "public_key": key},
        "subject": None,
    }
    keyset["keyset_epoch"] = {"version": 1, "not_after": 18446744073709551615}
    digest = "sha256:" + hashlib.sha256(_canonical(keyset)).hexdigest()
    report_data = raw_quote[REPORT_DATA_AT:BODY_END].hex()
    return {
        "api_version": "aci/1",
        "workload_id": "sha256:" + "78" * 32,
        "workload_keyset_digest": digest,
        "attestation": {
            "vendor": "private-ai-gateway-dev",
            "tee_type": "tdx",
            "workload_keyset": keyset,
            "report_data": report_data,
            "keyset_endorsement": {"algo": "ecdsa-secp256k1", "value": "9a" * 64},
            "source_provenance": {
                "repo_url": "https://example/gateway",
                "repo_commit": "bc" * 20,
                "image_digest": None,
            },
            "freshness": {"fetched_at": now, "stale_after": now + 3600},
            "evidence": {
                "quote": raw_quote.hex(),
                "quote_report_data": report_data,
                "event_log": "[]",
                "vm_config": "{}",
                "downstream_tls_binding": {"domain": "tee.example", "spki_sha256": "56" * 32},
            },
        },
        "service_capabilities": {"supported_e2ee_versions": ["2"]},
    } | _without_node_fields(_flat(model, key, nonce, raw_quote))


def aci_newer(model: str, key: str, nonce: str, raw_quote: bytes, now: int) -> dict:
    keyset = {"subject": None} | _keyset(key, now + 30 * 86400)
    return {
        "api_version": "aci/1",
        "workload_keyset_digest": "sha256:" + hashlib.sha256(_canonical(keyset)).hexdigest(),
        "attestation": {
            "vendor": "private-ai-gateway",
            "tee_type": "tdx",
            "workload_keyset": keyset,
            "report_data": raw_quote[REPORT_DATA_AT:BODY_END].hex(),
            "evidence": {
                "quote": raw_quote.hex(),
                "event_log": "[]",
                "vm_config": "{}",
                "app_compose": "{}",
            },
        },
        "service_capabilities": {"supported_e2ee_versions": ["2"]},
    } | _without_node_fields(_flat(model, key, nonce, raw_quote))


SHAPES: dict[str, Callable[..., dict]] = {
    "dstack-flat": dstack_flat,
    "base64-flat": base64_flat,
    "aci-first": aci_first,
    "aci-newer": aci_newer,
}


@dataclass
class Draft:
    """One attestation reply while it is being made: spoilers change it before it is written."""

    model: str
    key: PrivateKey
    nonce: bytes
    now: int
    shape: str = "dstack-flat"

    def __post_init__(self):
        self.other_key = PrivateKey()
        self.status = 200
        self.edit: Callable[[dict], None] = lambda reply: None
        self.edit_body: Callable[[bytes], bytes] = lambda body: body
        self.edit_quote: Callable[[bytearray], bytearray | bytes | None] = lambda raw: None
        point = self.key.public_key.format(compressed=False)
        self.report_data = address_of(point) + bytes(12) + self.nonce

    @property
    def other_hex(self) -> str:
        return self.other_key.public_key.format(compressed=False).hex()

    def write(self) -> tuple[int, bytes]:
        raw = bytearray(quote(self.report_data))
        raw = self.edit_quote(raw) or raw
        key = self.key.public_key.format(compressed=False).hex()
        reply = SHAPES[self.shape](self.model, key, self.nonce.hex(), bytes(raw), self.now)
        reply = copy.deepcopy(reply)
        self.edit(reply)
        return self.status, self.edit_body(json.dumps(reply).encode())


def _set(**fields):
    def spoil(draft: Draft):
        draft.edit = lambda reply: reply.update(fields)

    return spoil


def _drop(*names):
    def spoil(draft: Draft):
        draft.edit = lambda reply: [reply.pop(name, None) for name in names]

    return spoil


def _poke(at: int, value: bytes):
    def spoil(draft: Draft):
        def edit(raw: bytearray):
            raw[at : at + len(value)] = value

        draft.edit_quote = edit

    return spoil


def _flip(at: int, mask: int = 1):
    def spoil(draft: Draft):
        def edit(raw: bytearray):
            raw[at] ^= mask

        draft.edit_quote = edit

    return spoil


def _cut(length: int):
    def spoil(draft: Draft):
        draft.edit_quote = lambda raw: raw[:length]

    return spoil


def _body(change: Callable[[bytes], bytes], status: int = 200):
    def spoil(draft: Draft):
        draft.status = status
        draft.edit_body = change

    return spoil


def _keys(make: Callable[[Draft], dict]):
    def spoil(draft: Draft):
        draft.edit = lambda reply: reply.update(make(draft))

    return spoil


def _both(text: str) -> dict:
    return {"signing_key": text, "signing_public_key": text}


def _address_swapped(draft: Draft):
    """The quote binds another address; the reply's own address field agrees with the quote."""
    other = address_of(bytes.fromhex(draft.other_hex))
    draft.report_data = other + draft.report_data[20:]
    draft.edit = lambda reply: reply.update(signing_address="0x" + other.hex())


def _statement_form(draft: Draft):
    statement = {
        "keyset_digest": "sha256:" + "ab" * 32,
        "nonce": draft.nonce.hex(),
        "purpose": "aci.report_data.v1",
    }
    draft.shape = "aci-newer"
    draft.report_data = hashlib.sha256(_canonical(statement)).digest() + bytes(32)


def _key_hash_form(draft: Draft):
    point = draft.key.public_key.format(compressed=False)
    draft.report_data = hashlib.sha256(point).digest() + draft.nonce


def _hashed_nonce(draft: Draft):
    draft.report_data = draft.report_data[:32] + hashlib.sha256(draft.nonce).digest()


def _old_nonce_in_quote(draft: Draft):
    draft.report_data = draft.report_data[:32] + os.urandom(32)


def _replayed(draft: Draft):
    """A whole earlier reply: nonce echo and quote agree with each other but not with the question."""
    draft.nonce = os.urandom(32)
    draft.report_data = draft.report_data[:32] + draft.nonce


def _expired_keyset(draft: Draft):
    draft.shape = "aci-newer"

    def edit(reply: dict):
        keyset = reply["attestation"]["workload_keyset"]
        keyset["not_after"] = draft.now - 60
        reply["workload_keyset_digest"] = "sha256:" + hashlib.sha256(_canonical(keyset)).hexdigest()

    draft.edit = edit


def _expired_epoch(draft: Draft):
    draft.shape = "aci-first"

    def edit(reply: dict):
        keyset = reply["attestation"]["workload_keyset"]
        keyset["keyset_epoch"]["not_after"] = draft.now - 60
        reply["workload_keyset_digest"] = "sha256:" + hashlib.sha256(_canonical(keyset)).hexdigest()

    draft.edit = edit


def _stale(draft: Draft):
    draft.shape = "aci-first"
    draft.edit = lambda reply: reply["attestation"]["freshness"].update(
        fetched_at=draft.now - 7200, stale_after=draft.now - 3600
    )


def _duplicate(name: str, value: Callable[[Draft], str], first: bool):
    def spoil(draft: Draft):
        def change(body: bytes) -> bytes:
            member = f"{json.dumps(name)}: {value(draft)}".encode()
            return b"{" + member + b", " + body[1:] if first else body[:-1] + b", " + member + b"}"

        draft.edit_body = change

    return spoil


OFF_CURVE = "04" + "11" * 64
INFINITY = "04" + "00" * 64

BAD: dict[str, Callable[[Draft], None]] = {
    "wrong-nonce-in-json": _set(nonce="ab" * 32),
    "wrong-nonce-in-report-data": _old_nonce_in_quote,
    "replayed-whole-reply": _replayed,
    "hashed-nonce": _hashed_nonce,
    "key-swapped-address-kept": _keys(lambda draft: _both(draft.other_hex)),
    "address-swapped-in-quote": _address_swapped,
    "padding-not-zero": _poke(REPORT_DATA_AT + 20, b"\x01"),
    "padding-not-zero-at-its-end": _poke(REPORT_DATA_AT + 31, b"\x80"),
    "report-data-all-zero": _poke(REPORT_DATA_AT, bytes(64)),
    "debug-bit": _flip(TD_ATTRIBUTES_AT),
    "tee-type-sgx": _poke(4, struct.pack("<I", 0)),
    "tee-type-unknown": _poke(4, struct.pack("<I", 0x82)),
    "quote-version-3": _poke(0, struct.pack("<H", 3)),
    "quote-version-5": _poke(0, struct.pack("<H", 5)),
    "quote-cut-before-report-data-ends": _cut(631),
    "quote-cut-inside-signature": _cut(1000),
    "quote-only-header": _cut(48),
    "quote-empty": _set(intel_quote=""),
    "quote-not-hex": _set(intel_quote="zz" * 5000),
    "quote-odd-hex": lambda draft: setattr(
        draft, "edit", lambda reply: reply.update(intel_quote=reply["intel_quote"][:-1])
    ),
    "quote-is-a-number": _set(intel_quote=4),
    "quote-is-null": _set(intel_quote=None),
    "no-quote": _drop("intel_quote"),
    "verified-false": _set(verified=False),
    "verified-missing": _drop("verified"),
    "verified-null": _set(verified=None),
    "verified-string-true": _set(verified="true"),
    "verified-number-one": _set(verified=1),
    "other-model": _set(model="e2ee-somebody-else"),
    "no-model": _drop("model"),
    "no-nonce": _drop("nonce", "request_nonce"),
    "key-off-curve": _keys(lambda draft: _both(OFF_CURVE)),
    "key-of-64-bytes-off-curve": _keys(lambda draft: _both(OFF_CURVE[2:])),
    "key-at-infinity": _keys(lambda draft: _both(INFINITY)),
    "key-compressed": _keys(
        lambda draft: _both(draft.key.public_key.format(compressed=True).hex())
    ),
    "key-hybrid-prefix": _keys(
        lambda draft: _both("06" + draft.key.public_key.format(compressed=False).hex()[2:])
    ),
    "key-too-long": _keys(
        lambda draft: _both(draft.key.public_key.format(compressed=False).hex() + "00")
    ),
    "key-not-hex": _keys(lambda draft: _both("04" + "zz" * 64)),
    "two-keys-that-differ": _keys(lambda draft: {"signing_public_key": draft.other_hex}),
    "two-keys-that-differ-the-other-way": _keys(lambda draft: {"signing_key": draft.other_hex}),
    "no-key": _drop("signing_key", "signing_public_key"),
    "key-null": _set(signing_key=None, signing_public_key=None),
    "statement-form-report-data": _statement_form,
    "key-hash-form-report-data": _key_hash_form,
    "not-json": _body(lambda body: b"<html>attestation</html>"),
    "json-array": _body(lambda body: b"[" + body + b"]"),
    "cut-json": _body(lambda body: body[:-2]),
    "text-after-json": _body(lambda body: body + b"{}"),
    "empty-body": _body(lambda body: b""),
    "http-500": _body(lambda body: b'{"error":"TEE attestation verification failed"}', status=500),
    "http-404": _body(lambda body: b'{"error":{"message":"no such model"}}', status=404),
    "http-302": _body(lambda body: body, status=302),
    "http-206": _body(lambda body: body, status=206),
    "http-500-with-good-evidence": _body(lambda body: body, status=500),
    "error-in-200": _body(lambda body: b'{"error":"TDX debug mode detected"}'),
    "expired-not-after": _expired_keyset,
    "expired-keyset-epoch": _expired_epoch,
    "expired-stale-after": _stale,
    "second-signing-key-first": _duplicate(
        "signing_key", lambda draft: f'"{draft.other_hex}"', first=True
    ),
    "second-signing-key-last": _duplicate(
        "signing_key", lambda draft: f'"{draft.other_hex}"', first=False
    ),
    "second-quote-last": _duplicate("intel_quote", lambda draft: '"00"', first=False),
    "second-verified-first": _duplicate("verified", lambda draft: "false", first=True),
    "second-verified-last": _duplicate("verified", lambda draft: "false", first=False),
}


def _short_lived(draft: Draft):
    draft.shape = "aci-first"
    draft.edit = lambda reply: reply["attestation"]["freshness"].update(stale_after=draft.now + 2)


def _rounded_epoch(spelled: bytes):
    """The largest 64-bit number after a host read and wrote it as a double."""

    def spoil(draft: Draft):
        draft.shape = "aci-first"
        draft.edit_body = lambda body: body.replace(b"18446744073709551615", spelled)

    return spoil


def _large(draft: Draft):
    """As large as live answers are, with text that needs escapes."""
    evidence = [{"certificate": "A" * 12000, "evidence": '"\\/\n\u00e9' * 100} for _ in range(8)]
    payload = json.dumps({"arch": "HOPPER", "nonce": draft.nonce.hex(), "evidence_list": evidence})
    draft.edit = lambda reply: reply.update(
        nvidia_payload=payload, signing_cert=None, unheard_of=[[{}]]
    )


def _reordered(draft: Draft):
    draft.edit_body = lambda body: json.dumps(
        dict(reversed(json.loads(body).items())), indent=3
    ).encode()


# Evidence that is unusual and good.
UNUSUAL: dict[str, Callable[[Draft], None]] = {
    "short-lived": _short_lived,
    "epoch-rounded-by-javascript": _rounded_epoch(b"18446744073709552000"),
    "epoch-rounded-to-an-exponent": _rounded_epoch(b"1.8446744073709552e+19"),
    "large": _large,
    "reordered": _reordered,
    "plain-booleans": _set(server_verification={"tdx": True, "nonceBinding": True}),
    "no-claims-of-the-server": _drop("server_verification", "nvidia_payload", "info", "event_log"),
    "only-signing-key": _drop("signing_public_key"),
    "only-signing-public-key": _drop("signing_key"),
    "no-signing-address": _drop("signing_address"),
    "quote-without-padding": _cut(BODY_END + 4 + SIGNATURE_DATA_BYTES),
}


def attest(
    model: str, key: PrivateKey, nonce: bytes, shape: str, spoiled: str | None = None
) -> tuple[int, bytes]:
    """The status and body of the answer to one attestation request."""
    now = int(datetime.now(UTC).timestamp())
    draft = Draft(model, key, nonce, now, shape)
    if spoiled is not None:
        (BAD | UNUSUAL)[spoiled](draft)
    return draft.write()
