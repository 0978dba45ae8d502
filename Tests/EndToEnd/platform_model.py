"""A TDX platform under a root of its own, made of random versions and judgements."""

import hashlib
import json
import random
import struct
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

from quotes import Case

NOW = 1_800_000_000
DAY = timedelta(days=1)
INTEL = "1.2.840.113741.1.13.1"
STATUSES = [
    "UpToDate",
    "SWHardeningNeeded",
    "ConfigurationNeeded",
    "ConfigurationAndSWHardeningNeeded",
    "OutOfDate",
    "OutOfDateConfigurationNeeded",
    "Revoked",
]
MODULE_STATUSES = ["UpToDate", "UpToDate", "OutOfDate", "Revoked"]
# Others count as out of date with Intel, which the other verifier does not follow.
QE_STATUSES = ["UpToDate"] * 6 + ["OutOfDate", "Revoked"]


def _time(seconds: int = NOW) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _der(tag: int, content: bytes) -> bytes:
    count = len(content)
    if count < 0x80:
        return bytes([tag, count]) + content
    digits = count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + content


def _integer(number: int) -> bytes:
    return _der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _entry(suffix: str, value: bytes) -> bytes:
    name = x509.ObjectIdentifier(f"{INTEL}.{suffix}")
    parts = [int(part) for part in name.dotted_string.split(".")]
    content = bytes([parts[0] * 40 + parts[1]])
    for part in parts[2:]:
        digits = [part & 0x7F]
        while part := part >> 7:
            digits.append(part & 0x7F | 0x80)
        content += bytes(reversed(digits))
    return _der(0x30, _der(6, content) + value)


def _raw(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )[1:]


def _pem(*certificates: x509.Certificate) -> str:
    return "".join(c.public_bytes(serialization.Encoding.PEM).decode() for c in certificates)


class Authority:
    """A root, and everything that it vouches for except the platform."""

    def __init__(self):
        self.keys = {n: ec.generate_private_key(ec.SECP256R1()) for n in ("root", "ca", "tcb")}
        self.root = self._issue("Model SGX Root CA", "root", "root", 1)
        self.ca = self._issue("Model SGX PCK Platform CA", "ca", "root", 0)
        self.tcb = self._issue("Model SGX TCB Signing", "tcb", "root", None)

    def _issue(
        self, name: str, subject: str, issuer: str, path: int | None, value: bytes = b""
    ) -> x509.Certificate:
        key, issuer_key = self.keys[subject].public_key(), self.keys[issuer]
        issuers = {"root": "Model SGX Root CA", "ca": "Model SGX PCK Platform CA"}
        is_authority = path is not None
        usage = dict.fromkeys(
            (
                "digital_signature content_commitment key_encipherment data_encipherment "
                "key_agreement key_cert_sign crl_sign encipher_only decipher_only"
            ).split(),
            False,
        )
        usage |= {"key_cert_sign" if is_authority else "digital_signature": True}
        usage |= {"crl_sign": is_authority}
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuers[issuer])]))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(_time() - DAY)
            .not_valid_after(_time() + 365 * DAY)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
            .add_extension(x509.KeyUsage(**usage), True)
            .add_extension(x509.BasicConstraints(is_authority, path), True)
            .add_extension(
                x509.CRLDistributionPoints(
                    [
                        x509.DistributionPoint(
                            [x509.UniformResourceIdentifier("https://model.invalid/crl")],
                            None,
                            None,
                            None,
                        )
                    ]
                ),
                False,
            )
        )
        if value:
            name = x509.ObjectIdentifier(INTEL)
            builder = builder.add_extension(x509.UnrecognizedExtension(name, value), False)
        return builder.sign(issuer_key, hashes.SHA256())

    def platform(self, components: list[int], pce_svn: int, fmspc: bytes):
        svns = [_entry(f"2.{i + 1}", _integer(n)) for i, n in enumerate(components)]
        svns += [_entry("2.17", _integer(pce_svn)), _entry("2.18", _der(4, bytes(components)))]
        value = _der(
            0x30,
            _entry("1", _der(4, bytes(16)))
            + _entry("2", _der(0x30, b"".join(svns)))
            + _entry("3", _der(4, bytes(2)))
            + _entry("4", _der(4, fmspc))
            + _entry("5", _der(10, b"\1"))
            + _entry("6", _der(4, bytes(16)))
            + _entry("7", _der(0x30, b"".join(_entry(f"7.{i}", _der(1, b"\xff")) for i in (1, 2, 3)))),
        )
        self.keys["pck"] = ec.generate_private_key(ec.SECP256R1())
        return self._issue("Model SGX PCK Certificate", "pck", "ca", None, value)

    def revoking(self, issuer: str, *revoked: x509.Certificate) -> str:
        name = {"root": self.root, "ca": self.ca}[issuer].subject
        key = self.keys[issuer]
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(name)
            .last_update(_time() - DAY)
            .next_update(_time() + 30 * DAY)
            .add_extension(x509.CRLNumber(1), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False
            )
        )
        for certificate in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(certificate.serial_number)
                .revocation_date(_time() - DAY)
                .build()
            )
        crl = builder.sign(key, hashes.SHA256())
        return crl.public_bytes(serialization.Encoding.DER).hex()


class Model:
    """Draws platforms, quotes and judgements, so that every combination of them occurs."""

    def __init__(self, seed: int):
        self.noise = random.Random(seed)
        self.authority = Authority()
        self.root = self.authority.root.public_bytes(serialization.Encoding.DER)

    def case(self) -> Case:
        noise = self.noise
        fmspc = bytes.fromhex("513d00000000")
        components = [noise.choice([2, 3]) for _ in range(3)] + [0] * 13
        pce_svn = noise.choice([10, 11])
        pck = self.authority.platform(components, pce_svn, fmspc)
        revoked = noise.random()
        info = json.dumps(self._tcb_info(fmspc), separators=(",", ":"))
        identity = json.dumps(self._identity(), separators=(",", ":"))
        tcb_key = self.authority.keys["tcb"]
        chain = _pem(self.authority.tcb, self.authority.root)
        root_list = [self.authority.ca] if revoked < 0.02 else []
        root_list += [self.authority.tcb] if 0.02 < revoked < 0.04 else []
        collateral = {
            "pck_crl_issuer_chain": _pem(self.authority.ca, self.authority.root),
            "root_ca_crl": self.authority.revoking("root", *root_list),
            "pck_crl": self.authority.revoking("ca", *([pck] if 0.04 < revoked < 0.06 else [])),
            "tcb_info_issuer_chain": chain,
            "tcb_info": info,
            "tcb_info_signature": _raw(tcb_key, info.encode()).hex(),
            "qe_identity_issuer_chain": chain,
            "qe_identity": identity,
            "qe_identity_signature": _raw(tcb_key, identity.encode()).hex(),
        }
        quote, name = self._quote(_pem(pck, self.authority.ca, self.authority.root))
        return Case(f"{name} {components} {pce_svn} {info} {identity}", quote, collateral, NOW)

    def _judgement(self, statuses: list[str]) -> dict:
        advisories = [f"INTEL-SA-{self.noise.randrange(4):05}" for _ in range(2)]
        date = f"202{self.noise.randrange(3, 6)}-0{self.noise.randrange(1, 10)}-13T00:00:00Z"
        judgement = {"tcbDate": date, "tcbStatus": self.noise.choice(statuses)}
        if self.noise.random() < 0.5:
            judgement["advisoryIDs"] = sorted(set(advisories))
        return judgement

    def _module(self) -> dict:
        signer = "00" * 48 if self.noise.random() < 0.95 else "01" + "00" * 47
        return {"mrsigner": signer, "attributes": "00" * 8, "attributesMask": "FF" * 8}

    def _levels(self, statuses: list[str], svns: list[int]) -> list[dict]:
        # Newest first, as Intel lists them: the other verifier does not sort these.
        chosen = sorted(self.noise.sample(svns, self.noise.randrange(1, len(svns) + 1)))[::-1]
        return [{"tcb": {"isvsvn": svn}} | self._judgement(statuses) for svn in chosen]

    def _tcb_info(self, fmspc: bytes) -> dict:
        noise = self.noise
        levels = {}
        for _ in range(noise.randrange(2, 6)):
            sgx = [noise.choice([1, 2, 2, 3]) for _ in range(3)] + [0] * 13
            tdx = [noise.choice([0, 3, 5]), noise.choice([0, 0, 1]), noise.choice([1, 2, 3])]
            pce_svn = noise.choice([9, 10, 11])
            levels[(*sgx, pce_svn, *tdx)] = {
                "tcb": {
                    "sgxtcbcomponents": [{"svn": svn} for svn in sgx],
                    "pcesvn": pce_svn,
                    "tdxtcbcomponents": [{"svn": svn} for svn in tdx + [0] * 13],
                }
            } | self._judgement(STATUSES)
        ids = noise.sample(["TDX_01", "TDX_03", "TDX_0A", "TDX_10", "tdx_0b"], 4)
        return {
            "id": "TDX",
            "version": 3,
            "issueDate": _time(NOW - 3600).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "nextUpdate": _time(NOW + 86_400).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "fmspc": fmspc.hex(),
            "pceId": "0000",
            "tcbType": 0,
            "tcbEvaluationDataNumber": 20,
            "tdxModule": self._module(),
            "tdxModuleIdentities": [
                {"id": name} | self._module() | {"tcbLevels": self._levels(MODULE_STATUSES, [2, 4, 5])}
                for name in ids
            ],
            "tcbLevels": list(levels.values()),
        }

    def _identity(self) -> dict:
        return {
            "id": "TD_QE",
            "version": 2,
            "issueDate": _time(NOW - 3600).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "nextUpdate": _time(NOW + 86_400).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tcbEvaluationDataNumber": 20,
            "miscselect": "00000000",
            "miscselectMask": "FFFFFFFF",
            "attributes": "11" + "00" * 15,
            "attributesMask": "FBFFFFFFFFFFFFFF0000000000000000",
            "mrsigner": "DC" * 32,
            "isvprodid": 2,
            "tcbLevels": self._levels(QE_STATUSES, [2, 4]),
        }

    def _svn(self) -> bytes:
        noise = self.noise
        version = noise.choice([0, 1, 1, 3, 3, 10, 11, 16])
        return bytes([noise.choice([4, 5, 6]), version, noise.choice([2, 3, 3])]) + bytes(13)

    def _quote(self, chain: str) -> tuple[bytes, str]:
        noise = self.noise
        form = noise.choice([4, 5, 6, 6])
        svn, current = self._svn(), self._svn()
        attributes = 1 << 28
        if noise.random() < 0.05:
            attributes ^= 1 << noise.choice([0, 1, 4, 17, 28, 29, 40])
        body = svn + noise.randbytes(48) + bytes(56) + struct.pack("<Q", attributes)
        body += noise.randbytes(8 + 48 + 48) + bytes(96) + noise.randbytes(4 * 48 + 64)
        header = struct.pack("<HHI", min(form, 5), 2, 0x81) + bytes(4)
        header += bytes.fromhex("939a7233f79c4ca9940a0db3957f0607") + bytes(20)
        if form == 6:
            body += current + (bytes(48) if noise.random() < 0.95 else b"\1" + bytes(47))
        if form > 4:
            header += struct.pack("<HI", 2 if form == 5 else 3, len(body))
        key = ec.generate_private_key(ec.SECP256R1())
        signed, data = header + body, noise.randbytes(32)
        report = bytearray(384)
        report[48] = 0x11
        report[128:160] = b"\xdc" * 32
        struct.pack_into("<HH", report, 256, 2, noise.choice([3, 4, 5]))
        report[320:352] = hashlib.sha256(_point(key) + data).digest()
        inner = bytes(report) + _raw(self.authority.keys["pck"], bytes(report))
        inner += struct.pack("<H", len(data)) + data
        inner += struct.pack("<HI", 5, len(chain)) + chain.encode()
        outer = _raw(key, signed) + _point(key) + struct.pack("<HI", 6, len(inner)) + inner
        name = f"form {form}, versions {svn[:3].hex()} and {current[:3].hex()}"
        return signed + struct.pack("<I", len(outer)) + outer, name
