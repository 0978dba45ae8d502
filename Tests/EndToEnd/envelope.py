"""The sealed text of the wire protocol, written from its description alone.

lowercase hex of: ephemeral public key 65 | nonce 12 | ciphertext n | tag 16
shared = X of ECDH, 32 bytes;  key = HKDF-SHA256(shared, no salt, "ecdsa_encryption")
AES-256-GCM without associated data
"""

import os
import re

from coincurve import PrivateKey, PublicKey
from Crypto.Hash import keccak
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PUBLIC_KEY_BYTES = 65
NONCE_BYTES = 12
TAG_BYTES = 16
SHORTEST_BYTES = PUBLIC_KEY_BYTES + NONCE_BYTES + TAG_BYTES
HEX = re.compile(r"(?:[0-9a-fA-F]{2})*")


class NotAnEnvelope(ValueError):
    """The text is not an envelope, or it does not open with this key."""


def public_hex(key: PrivateKey) -> str:
    return key.public_key.format(compressed=False).hex()


def address_of(point: bytes) -> bytes:
    """The Ethereum address: the last 20 bytes of Keccak-256 of X | Y."""
    assert len(point) == PUBLIC_KEY_BYTES and point[0] == 4
    return keccak.new(digest_bits=256, data=point[1:]).digest()[12:]


def read_point(text: str) -> PublicKey:
    """A public key of 130 hex digits (or 128 without the 04, or with 0x in front)."""
    text = text.removeprefix("0x")
    if len(text) == 128:
        text = "04" + text
    if len(text) != 130 or not HEX.fullmatch(text) or not text.startswith("04"):
        raise NotAnEnvelope("a public key is 130 hex digits that start with 04")
    try:
        return PublicKey(bytes.fromhex(text))
    except Exception:
        raise NotAnEnvelope("the public key is not on the curve") from None


def shared_x(mine: PrivateKey, theirs: PublicKey) -> bytes:
    return theirs.multiply(mine.secret).format(compressed=False)[1:33]


def text_key(mine: PrivateKey, theirs: PublicKey) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"ecdsa_encryption").derive(shared_x(mine, theirs))


def seal(
    text: bytes, recipient: PublicKey, sender: PrivateKey | None = None, nonce: bytes | None = None
) -> str:
    """Seals with a fresh sender key and a fresh nonce unless they are given."""
    sender = sender or PrivateKey()
    nonce = nonce or os.urandom(NONCE_BYTES)
    sealed = AESGCM(text_key(sender, recipient)).encrypt(nonce, text, None)
    return (sender.public_key.format(compressed=False) + nonce + sealed).hex()


def open_sealed(sealed: str, recipient: PrivateKey) -> bytes:
    digits = sealed.removeprefix("0x")
    if len(digits) % 2 or not HEX.fullmatch(digits):
        raise NotAnEnvelope("Encrypted field is not valid hex")
    raw = bytes.fromhex(digits)
    if len(raw) < SHORTEST_BYTES:
        raise NotAnEnvelope("the encrypted field is too short")
    sender = read_point(raw[:PUBLIC_KEY_BYTES].hex())
    nonce = raw[PUBLIC_KEY_BYTES : PUBLIC_KEY_BYTES + NONCE_BYTES]
    try:
        return AESGCM(text_key(recipient, sender)).decrypt(
            nonce, raw[PUBLIC_KEY_BYTES + NONCE_BYTES :], None
        )
    except Exception:
        raise NotAnEnvelope("Failed to decrypt field") from None
