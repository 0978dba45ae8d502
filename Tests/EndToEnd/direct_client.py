"""A client that speaks the wire protocol itself, without the proxy, to test the enclave.

Its key agreement comes from `cryptography`, not from the library the enclave uses.
"""

import json
import os
import ssl

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def aes(mine: ec.EllipticCurvePrivateKey, theirs: bytes) -> AESGCM:
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), theirs)
    shared = mine.exchange(ec.ECDH(), public)
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"ecdsa_encryption").derive(shared))


class DirectClient:
    def __init__(self, enclave):
        self.http = httpx.Client(
            base_url=enclave.url,
            verify=ssl.create_default_context(cafile=enclave.ca_file),
            timeout=10,
            trust_env=False,
            headers={"authorization": "Bearer " + enclave.api_key, "accept-encoding": "identity"},
        )

    def attest(self, model: str) -> dict:
        nonce = os.urandom(32).hex()
        return (
            self.http.get("/tee/attestation", params={"model": model, "nonce": nonce})
            .raise_for_status()
            .json()
        )

    def key_of(self, model: str) -> bytes:
        reply = self.attest(model)
        text = (reply.get("signing_key") or reply["signing_public_key"]).removeprefix("0x")
        return bytes.fromhex(text if len(text) == 130 else "04" + text)

    def request(self, model: str, *texts: str, clear: bool = False, **fields):
        """The request and the key that opens its answer."""
        sender, self.reader = (
            ec.generate_private_key(ec.SECP256K1()),
            ec.generate_private_key(ec.SECP256K1()),
        )
        model_key = self.key_of(model)
        messages = []
        for text in texts:
            nonce = os.urandom(12)
            sealed = (
                point_of(sender)
                + nonce
                + aes(sender, model_key).encrypt(nonce, text.encode(), None)
            )
            messages.append({"role": "user", "content": text if clear else sealed.hex()})
        body = {
            "model": model,
            "messages": messages,
            "stream": True,
            "venice_parameters": {
                "include_venice_system_prompt": False,
                "enable_web_search": "off",
            },
            **fields,
        }
        headers = {
            "x-venice-tee-client-pub-key": point_of(self.reader).hex(),
            "x-venice-tee-model-pub-key": model_key.hex(),
            "x-venice-tee-signing-algo": "ecdsa",
        }
        return self.http.build_request("POST", "/chat/completions", json=body, headers=headers)

    def open(self, sealed: str) -> str:
        raw = bytes.fromhex(sealed)
        return aes(self.reader, raw[:65]).decrypt(raw[65:77], raw[77:], None).decode()

    def chat(self, model: str, *texts: str, **fields) -> tuple[httpx.Response, list[dict | str]]:
        answer = self.http.send(self.request(model, *texts, **fields))
        lines = answer.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        events = [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]
        return answer, [json.loads(event) if event.startswith("{") else event for event in events]

    def text(self, events: list) -> str:
        deltas = [
            choice["delta"]
            for event in events
            if isinstance(event, dict)
            for choice in event["choices"]
        ]
        return "".join(self.open(delta["content"]) for delta in deltas if delta.get("content"))
