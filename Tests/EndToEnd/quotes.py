"""Genuine quotes with their collateral, the program's verdicts on them, and another verifier's."""

import json
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from proxy import BINARY, REPOSITORY, environment

VECTORS = Path(os.environ.get("E2EE_VECTORS") or REPOSITORY.parent / "shared/vectors") / "tdx"

oracle = pytest.importorskip(
    "dcap_qvl", reason="the other verifier, dcap-qvl, has no wheel for this machine"
)


@dataclass(frozen=True)
class Case:
    """One question: this quote, by this collateral (member by member), at this time."""

    name: str
    quote: bytes
    collateral: dict[str, str]
    now: int

    def changed(self, name: str, **fields) -> "Case":
        return replace(self, name=f"{self.name}: {name}", **fields)

    def with_member(self, name: str, member: str, value: str | None) -> "Case":
        collateral = {k: v for k, v in self.collateral.items() if k != member}
        if value is not None:
            collateral[member] = value
        return self.changed(name, collateral=collateral)

    @property
    def line(self) -> str:
        return json.dumps(
            {"quote": self.quote.hex(), "collateral": self.collateral, "at": self.now}
        )


@dataclass(frozen=True)
class Verdict:
    """`status` is None of what was refused for anything else than its status."""

    status: str | None
    advisories: tuple[str, ...] = ()
    reason: str = ""


def vector_cases() -> list[Case]:
    """Every genuine quote with every collateral that somebody judged it by."""
    if not VECTORS.is_dir():
        pytest.skip("the vectors are not here: set E2EE_VECTORS to their folder")
    rows = json.loads((VECTORS / "expected.json").read_text())["verdicts"]
    return [
        Case(
            f"{row['quote']} by {row['collateral']}",
            (VECTORS / f"quotes/{row['quote']}.bin").read_bytes(),
            json.loads((VECTORS / f"collateral/{row['collateral']}.json").read_text()),
            row["now"],
        )
        for row in rows
    ]


def ours(cases: list[Case], root: Path | None = None) -> list[Verdict]:
    """The program's verdicts, asked for in one go."""
    trusted = ["--root", str(root)] if root else []
    done = subprocess.run(
        [BINARY, "check-quote", "--batch", *trusted],
        input="".join(case.line + "\n" for case in cases),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(cases)
    return [_our_verdict(json.loads(line)) for line in lines]


def _our_verdict(line: dict) -> Verdict:
    assert line["ok"] == (line["failure"] is None)
    assert not line["ok"] or line["status"] == "UpToDate"
    if line["failure"] not in (None, "tcbStatus"):
        return Verdict(None, reason=line["failure"])
    return Verdict(line["status"], tuple(line["advisories"]), line["failure"] or "")


def theirs(case: Case, root: bytes | None = None) -> Verdict:
    """The other verifier's verdict."""
    try:
        collateral = oracle.QuoteCollateralV3.from_json(json.dumps(case.collateral))
        if root is None:
            report = oracle.verify(case.quote, collateral, case.now)
        else:
            report = oracle.verify_with_root_ca(case.quote, collateral, root, case.now)
    except (ValueError, TypeError, OverflowError) as error:
        return Verdict(None, reason=str(error))
    return Verdict(report.status, tuple(sorted(report.advisory_ids)))
