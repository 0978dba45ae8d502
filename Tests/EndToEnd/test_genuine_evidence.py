"""Evidence that Venice really gave, verified by the real program down to Intel's and NVIDIA's roots."""

import json
import os
import shutil
from pathlib import Path

import pytest

from proxy import REPOSITORY, run

VECTORS = Path(os.environ.get("E2EE_VECTORS") or REPOSITORY.parent / "shared/vectors")
CAPTURES = {
    # capture: (collateral, scope)
    "venice-20260424-015841": ("venice-20260424-015841-90c06f-platform", "model-host"),
    "venice-aci-20260713": ("venice-aci-20260713-20a06f-platform", "gateway"),
}

pytestmark = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="no vectors: neither E2EE_VECTORS nor ../shared/vectors is there"
)


@pytest.fixture(params=CAPTURES)
def saved(request, tmp_path):
    """A capture as `verify --save` would have saved it."""
    capture = VECTORS / "tdx/providers" / request.param
    about = json.loads((capture / "capture.json").read_text())
    reply = json.loads((capture / "attestation.json").read_text())
    collateral, scope = CAPTURES[request.param]
    context = {"model": reply["model"], "nonce": reply["nonce"], "at": about["captured_at_unix"]}
    (tmp_path / "context.json").write_text(json.dumps(context))
    shutil.copyfile(capture / "attestation.json", tmp_path / "evidence.json")
    shutil.copyfile(VECTORS / f"tdx/collateral/{collateral}.json", tmp_path / "collateral.json")
    if (capture / "nras_response.json").exists():
        shutil.copyfile(capture / "nras_response.json", tmp_path / "nras.json")
        shutil.copyfile(capture / "nras_jwks.json", tmp_path / "nras-keys.json")
    return tmp_path, scope


def verify(folder, *more: str):
    done = run("verify", "--evidence", str(folder), "--json", *more)
    return done.returncode, json.loads(done.stdout)


def test_it_is_verified_with_the_shipped_pins(saved):
    folder, scope = saved
    code, document = verify(folder)
    assert code == 0, document["failure"]
    assert document["root"] == "Intel" and document["tcb"]["status"] == "UpToDate"
    assert document["scope"] == scope
    checks = {check["name"]: check["outcome"] for check in document["checks"]}
    for name in ("quote signature", "event log", "base image", "app", "nonce and key bound"):
        assert checks[name] == "passed"


def test_it_is_refused_later_and_for_another_nonce(saved):
    folder, _ = saved
    assert verify(folder, "--at", "1893456000")[0] == 1
    context = json.loads((folder / "context.json").read_text())
    digit = "0" if context["nonce"][0] != "0" else "1"
    (folder / "context.json").write_text(
        json.dumps(context | {"nonce": digit + context["nonce"][1:]})
    )
    code, document = verify(folder)
    assert code == 1 and document["failure"]["name"] == "nonceMismatch"
