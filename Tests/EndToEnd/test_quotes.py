"""The program's verdicts on quotes against those of an independent verifier, dcap-qvl."""

import hashlib
import json
import os
import re
import subprocess
from binascii import a2b_base64

import pytest
from cryptography import x509

from mutations import Mutator, signature_start
from platform_model import Model
from proxy import BINARY, environment
from quotes import VECTORS, Case, ours, theirs, vector_cases

COUNT = int(os.environ.get("QUOTE_MUTATIONS", "5000"))
SEED = int(os.environ.get("QUOTE_SEED", "1"))
MODELS = int(os.environ.get("QUOTE_MODELS", "1000"))
INTEL_ROOT = "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3"
ARMOUR = re.compile(
    rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\r\n]*)-----END CERTIFICATE-----[ \t\r\n]*"
)


def is_sgx(case: Case) -> bool:
    return case.quote[4:8] != b"\x81\0\0\0"


def chain(text: bytes, count: int) -> list[bytes] | None:
    """The certificates of a text that holds so many and nothing else."""
    found = ARMOUR.findall(text)
    if len(found) != count or ARMOUR.sub(b"", text).strip(b" \t\r\n\0"):
        return None
    try:
        return [
            a2b_base64(part.replace(b"\n", b"").replace(b"\r", b""), strict_mode=True)
            for part in found
        ]
    except ValueError:
        return None


def ends_in_intels_root(text: bytes, count: int) -> bool:
    certificates = chain(text, count)
    return (
        certificates is not None and hashlib.sha256(certificates[-1]).hexdigest() == INTEL_ROOT
    )


def may_be_stricter(case: Case) -> set[str]:
    """The refusals that are ours alone, by what is wrong with the evidence."""
    reasons = set()
    quote, start = case.quote, signature_start(case.quote)
    size = int.from_bytes(quote[start - 4 : start], "little")
    outer = int.from_bytes(quote[start + 130 : start + 134], "little")
    inner = int.from_bytes(quote[start + 618 : start + 622], "little")
    if quote[start + 128 : start + 130] != b"\x06\0":
        reasons.add("unsupportedCertificationData")
    if not size == 134 + outer == 622 + inner:
        reasons.add("badSignatureData")
    text = quote[start + 622 : start + 622 + inner]
    if not ends_in_intels_root(text, 3):
        reasons |= {"untrustedRoot", "badPCKChain"}
    for member in ("tcb_info_issuer_chain", "qe_identity_issuer_chain"):
        if not ends_in_intels_root(case.collateral[member].encode(), 2):
            reasons.add("badTCBSigningChain")
    own = chain(text, 3)
    issuer = chain(case.collateral["pck_crl_issuer_chain"].encode(), 2)
    if own is None or issuer != own[1:]:
        reasons.add("crlIssuerMismatch")
    if any(starts_after(case.now, case.collateral[name]) for name in ("root_ca_crl", "pck_crl")):
        reasons.add("crlNotYetValid")
    return reasons


def starts_after(now: int, revocation_list: str) -> bool:
    try:
        read = x509.load_der_x509_crl(bytes.fromhex(revocation_list))
    except ValueError:
        return False
    return read.last_update_utc.timestamp() > now


def test_genuine_quotes_get_the_verdict_of_another_verifier():
    cases = vector_cases()
    assert len(cases) > 100
    for case, verdict in zip(cases, ours(cases), strict=True):
        if is_sgx(case):
            assert verdict.reason == "notTDX"
            continue
        other = theirs(case)
        assert (verdict.status, verdict.advisories) == (other.status, other.advisories), case.name


def test_changed_evidence_gets_the_verdict_of_another_verifier():
    accepted = [case for case in vector_cases() if not is_sgx(case) and theirs(case).status]
    mutator = Mutator(accepted, SEED)
    cases = [mutator.case() for _ in range(COUNT)]
    agreed, stricter = 0, 0
    for case, verdict in zip(cases, ours(cases), strict=True):
        other = theirs(case)
        if (verdict.status, verdict.advisories) == (other.status, other.advisories):
            agreed += 1
            continue
        # Never the other way round: what the other verifier refuses, the program does.
        assert verdict.status is None and other.status, f"{case.name}: {verdict}, not {other}"
        assert verdict.reason in may_be_stricter(case), f"{case.name}: {verdict}"
        stricter += 1
    assert agreed > 0.8 * COUNT and stricter > 0


def test_judgements_of_every_kind_come_to_what_another_verifier_makes_of_them(tmp_path):
    model = Model(SEED)
    root = tmp_path / "root.der"
    root.write_bytes(model.root)
    cases = [model.case() for _ in range(MODELS)]
    seen = set()
    for case, verdict in zip(cases, ours(cases, root), strict=True):
        other = theirs(case, model.root)
        assert (verdict.status, verdict.advisories) == (other.status, other.advisories), case.name
        seen |= {verdict.status, verdict.reason}
    assert {
        "UpToDate",
        "SWHardeningNeeded",
        "ConfigurationNeeded",
        "ConfigurationAndSWHardeningNeeded",
        "OutOfDate",
        "OutOfDateConfigurationNeeded",
        "TDRelaunchAdvised",
        "TDRelaunchAdvisedConfigurationNeeded",
        "tcbRevoked",
        "tcbNotSupported",
        "tdxModuleUnknown",
        "tdxModuleMismatch",
        "qeNotSupported",
        "pckRevoked",
        "intermediateRevoked",
        "tcbSigningRevoked",
        "debugTD",
    } <= seen


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BINARY, "check-quote", *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=15,
    )


def genuine(*more: str) -> list[str]:
    quote = VECTORS / "quotes/dq-v4-tdx.bin"
    collateral = VECTORS / "collateral/dq-b0c06f-2025-06.json"
    return ["--quote", str(quote), "--collateral", str(collateral), "--at", "1751624191", *more]


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the vectors are not here: set E2EE_VECTORS")
class TestCommand:
    def test_one_verdict_is_one_object(self):
        done = check(*genuine("--json"))
        verdict = json.loads(done.stdout)
        assert done.returncode == 0
        assert verdict["ok"] is True and verdict["failure"] is None
        assert verdict["status"] == "UpToDate" and verdict["advisories"] == []
        assert verdict["fmspc"] == "b0c06f000000" and verdict["root"] == "Intel"
        assert verdict["expiresAt"] == 1752919235

    def test_people_get_lines(self):
        done = check(*genuine())
        assert done.returncode == 0 and done.stdout.splitlines()[-1] == "ACCEPTED"

    def test_now_is_the_time_unless_told(self):
        arguments = genuine("--json")
        del arguments[4:6]
        verdict = json.loads(check(*arguments).stdout)
        assert not verdict["ok"] and verdict["failure"] == "crlExpired"

    def test_another_root_is_named_and_trusted_alone(self, tmp_path):
        same = check(*genuine("--json", "--root", str(VECTORS / "roots/intel_sgx_root_ca.der")))
        verdict = json.loads(same.stdout)
        assert verdict["ok"] and verdict["root"] == "replaced"
        other = tmp_path / "root.der"
        other.write_bytes(b"no certificate")
        verdict = json.loads(check(*genuine("--json", "--root", str(other))).stdout)
        assert verdict["failure"] == "untrustedRoot" and verdict["status"] is None
        assert "REPLACED" in check(*genuine("--root", str(other))).stdout

    @pytest.mark.parametrize("which", ["--quote", "--collateral", "--root"])
    def test_a_file_that_cannot_be_read_is_no_verdict(self, which, tmp_path):
        done = check(*genuine("--root", "x") if which == "--root" else genuine(which, "x"))
        assert done.returncode == 2 and done.stdout == "" and "x:" in done.stderr
        done = check(*genuine(which, str(tmp_path)))
        assert done.returncode == 2 and done.stdout == ""

    def test_malformed_collateral_is_a_verdict(self, tmp_path):
        (tmp_path / "empty").write_text("{}")
        done = check(*genuine("--json", "--collateral", str(tmp_path / "empty")))
        assert done.returncode == 0
        assert json.loads(done.stdout)["failure"] == "collateralMalformed"

    def test_a_line_that_is_no_question_is_told_so(self):
        done = subprocess.run(
            [BINARY, "check-quote", "--batch"],
            input='{}\nx\n{"quote":"00","collateral":{}}\n',
            env=environment(),
            capture_output=True,
            text=True,
            timeout=15,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert [set(line) == {"error"} for line in lines] == [True, True, False]
        assert done.returncode == 0
