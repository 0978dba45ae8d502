"""Full verification of the real program, against the simulated provider in a process of its own."""

import json
import os
import shutil
import subprocess

import httpx
import pytest

from proxy import BINARY, Proxy, environment, run

GOOD = {"VENICE_API_KEY": "k"}
MODEL = "e2ee-demo-echo"


class Simulated:
    """The simulated provider, and the options that lead a proxy to it."""

    def __init__(self, folder, *more: str):
        self.process = subprocess.Popen(
            [BINARY, "simulate", str(folder), *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
        )
        addresses = json.loads(self.process.stdout.readline())
        self.folder = folder
        self.collateral = addresses["collateral"]
        self.options = [
            *("--upstream-url", addresses["url"], "--collateral-url", addresses["collateral"]),
            *("--ca-file", f"{folder}/ca.pem", "--attestation-root", f"{folder}/root.der"),
        ]
        self.offline = [
            *("--attestation-root", f"{folder}/root.der", "--gpu-root", f"{folder}/gpu-root.der"),
            *("--nras-issuer", addresses["issuer"], "--pins", f"{folder}/pins.json"),
            *("--upstream-url", addresses["url"]),
        ]
        self.options += ["--nras-url", addresses["nras"], *self.offline[2:8]]

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(10) == 0
        self.process.stdout.close()


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    simulated = Simulated(tmp_path_factory.mktemp("simulated"), "--misbehave")
    yield simulated
    simulated.stop()


@pytest.fixture
def folders(tmp_path):
    """A user of their own for each test."""
    return {"XDG_CACHE_HOME": f"{tmp_path}/cache", "XDG_STATE_HOME": f"{tmp_path}/state"}


def verify(simulated, *arguments: str, **variables):
    return run("verify", *simulated.options, *arguments, **(GOOD | variables))


def serve(simulated, *more: str, **variables) -> Proxy:
    proxy = Proxy(
        *("serve", "--host", "127.0.0.1", "--port", "0"),
        *simulated.options,
        *more,
        **(GOOD | variables),
    )
    return proxy.wait_until_listening()


def ask(proxy, model=MODEL):
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
    return httpx.post(proxy.url + "/v1/chat/completions", json=body, timeout=30, trust_env=False)


def test_verify_prints_a_line_a_check_and_the_verdict(simulated, folders):
    done = verify(simulated, MODEL, **folders)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass       quote signature" in done.stdout
    assert "TCB        UpToDate" in done.stdout
    assert "ROOT REPLACED" in done.stdout and "VERIFIED" in done.stdout


def test_verify_as_json_is_the_document_that_the_proxy_serves(simulated, folders):
    done = verify(simulated, MODEL, "--json", **folders)
    document = json.loads(done.stdout)
    assert document["verified"] and document["level"] == "full" and document["root"] == "replaced"
    assert document["tcb"]["status"] == "UpToDate" and document["failure"] is None
    with serve(simulated, **folders) as proxy:
        answer = ask(proxy)
        assert answer.status_code == 200
        served = httpx.get(proxy.url + f"/verification/{MODEL}", trust_env=False).json()
        every = httpx.get(proxy.url + "/v1/verification", trust_env=False).json()
        missing = httpx.get(proxy.url + "/verification/other", trust_env=False)
    assert served.keys() == document.keys()
    assert served["address"] == document["address"]
    assert [one["name"] for one in served["checks"]] == [one["name"] for one in document["checks"]]
    assert every == {"models": [served]}
    assert missing.status_code == 404
    assert answer.headers["x-e2ee-key"] == document["address"]
    assert answer.headers["x-e2ee-scope"] == document["scope"]
    assert answer.headers["x-e2ee-verification"] == "full; tcb=UpToDate; root=replaced"


def test_saved_evidence_is_verified_again_offline_and_at_other_times(simulated, folders, tmp_path):
    folder = f"{tmp_path}/saved"
    live = verify(simulated, MODEL, "--json", "--save", folder, **folders)
    assert live.returncode == 0
    offline = ["--evidence", folder, *simulated.offline]
    pins = []
    again = run("verify", *offline, *pins, "--json", **folders)
    assert again.returncode == 0, again.stdout + again.stderr
    assert json.loads(again.stdout)["address"] == json.loads(live.stdout)["address"]
    late = run("verify", *offline, *pins, "--json", "--at", "4000000000", **folders)
    assert late.returncode == 1 and json.loads(late.stdout)["failure"]["name"]
    genuine = run("verify", "--evidence", folder, "--json", **folders)
    assert genuine.returncode == 1
    assert json.loads(genuine.stdout)["failure"]["name"] == "untrustedRoot"
    evidence = f"{folder}/evidence.json"
    text = open(evidence).read()
    with open(evidence, "w") as file:
        file.write(text.replace('"intel_quote":"04', '"intel_quote":"05', 1))
    assert run("verify", *offline, *pins, **folders).returncode == 1


@pytest.mark.parametrize("content", [None, "", "{}", "[1]"])
def test_evidence_that_cannot_be_read_is_named(folders, tmp_path, content):
    if content is not None:
        (tmp_path / "context.json").write_text(content)
        (tmp_path / "evidence.json").write_text("{}")
    done = run("verify", "--evidence", str(tmp_path), **folders)
    assert done.returncode == 1 and str(tmp_path) in done.stderr


def test_a_model_that_does_not_exist_is_not_verified(simulated, folders):
    done = verify(simulated, "e2ee-no-such-model", **folders)
    assert done.returncode == 1 and "VERIFIED" not in done.stdout


def test_without_collateral_nothing_is_sent(simulated, folders):
    more = ["--collateral-url", "https://127.0.0.1:1"]
    with serve(simulated, *more, **folders) as proxy:
        answer = ask(proxy)
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "collateral_unavailable"
    assert int(answer.headers["retry-after"]) > 0


def test_collateral_is_carried_to_a_machine_without_a_network(simulated, folders, tmp_path):
    assert verify(simulated, MODEL, **folders).returncode == 0
    done = run("collateral", "export", f"{tmp_path}/stick", **folders)
    assert done.returncode == 0 and "1 bundles" in done.stdout
    other = {"XDG_CACHE_HOME": f"{tmp_path}/other", "XDG_STATE_HOME": f"{tmp_path}/other"}
    assert run("collateral", "import", f"{tmp_path}/nothing", **other).returncode == 1
    assert run("collateral", "import", f"{tmp_path}/stick", **other).returncode == 0
    more = ["--collateral-url", "https://127.0.0.1:1"]
    assert verify(simulated, MODEL, *more, **other).returncode == 0
    assert run("collateral", "reset", **other).returncode == 0
    assert verify(simulated, MODEL, *more, **other).returncode == 1
    (tmp_path / "stick" / "x.json").write_text("{}")
    assert run("collateral", "import", f"{tmp_path}/stick", **other).returncode == 1


def test_a_file_of_what_was_seen_that_was_damaged_ends_the_program(simulated, folders):
    assert verify(simulated, MODEL, **folders).returncode == 0
    path = folders["XDG_STATE_HOME"] + "/e2ee-proxy/collateral-seen.json"
    assert os.stat(path).st_mode & 0o777 == 0o600
    with open(path, "w") as file:
        file.write("{")
    done = verify(simulated, MODEL, **folders)
    assert done.returncode == 1 and "collateral reset" in done.stderr
    assert run("collateral", "reset", **folders).returncode == 0
    assert verify(simulated, MODEL, **folders).returncode == 0


# Every kind of bad evidence the simulation has, and the check that must refuse it.
REFUSED = {
    "wrong-nonce": "nonceMismatch",
    "wrong-report-data-nonce": "nonceMismatch",
    "swapped-key": "keyNotBound",
    "swapped-address": "addressMismatch",
    "dirty-padding": "reportDataMalformed",
    "debug": "debugTD",
    "unverified": "notVerified",
    "other-model": "modelMismatch",
    "keys-differ": "keysDiffer",
    "statement-form": "statementFormNotSupported",
    "expired": "expired",
    "event-payload-changed": "eventDigestMismatch",
    "event-digest-changed": "eventLogMismatch",
    "events-swapped": "eventLogMismatch",
    "event-left-out": "eventLogMismatch",
    "compose-hash-twice": "eventRepeated",
    "event-after-ready": "eventTooLate",
    "event-out-of-range": "eventLogMalformed",
    "no-event-log": "eventLogMissing",
    "compose-changed": "composeHashMismatch",
    "claimed-hash-changed": "claimMismatch",
    "other-config-id": "configIDMismatch",
    "owner-set": "ownerNotZero",
    "keyset-digest-changed": "keysetDigestMismatch",
    "other-workload": "workloadMismatch",
    "endorsement-changed": "endorsementMismatch",
    "key-not-in-keyset": "keyNotInKeyset",
    "custody-of-other-key": "custodyMissing",
    "wrong-kms-root": "kmsRootNotPinned",
    "unpinned-app": "appNotPinned",
    "unpinned-image": "baseImageNotPinned",
    "unpinned-key-provider": "keyProviderNotPinned",
    "gpu-nonce": "gpuNonceMismatch",
    "gpu-signature": "gpuSignature",
    "gpu-firmware": "gpuFWID",
    "gpu-other-root": "gpuUntrustedRoot",
    "gpu-cut-chain": "gpuChain",
    "nras-refuses": "nrasRefused",
    "nras-unsigned": "nrasAlgorithm",
    "nras-other-nonce": "nrasNonceMismatch",
    "nras-missing-device": "nrasDeviceMissing",
    "nras-expired": "nrasExpired",
}


@pytest.fixture(scope="module")
def own_proxy(simulated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("user")
    with serve(simulated, XDG_CACHE_HOME=f"{folder}/c", XDG_STATE_HOME=f"{folder}/s") as proxy:
        yield proxy


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_bad_evidence_is_refused_by_the_check_that_is_for_it(own_proxy, kind):
    model = f"e2ee-bad-{kind}"
    answer = ask(own_proxy, model)
    assert answer.status_code == 502, answer.text
    assert answer.json()["error"]["code"] == "attestation_failed"
    assert answer.headers["x-should-retry"] == "false"
    document = httpx.get(own_proxy.url + f"/verification/{model}", trust_env=False).json()
    assert document["failure"]["name"] == REFUSED[kind] and not document["verified"]
    failed = [check for check in document["checks"] if check["outcome"] == "failed"]
    assert failed[-1]["failure"]["name"] == REFUSED[kind]


# No switch but the one that says so makes a proxy send a prompt to what is not proven. What a
# switch waives, it waives alone.
@pytest.mark.parametrize(
    "kind, switches, accepted",
    [
        ("event-digest-changed", ["--pin-policy", "report"], False),
        ("event-digest-changed", ["--nras", "off"], False),
        ("event-digest-changed", ["--accept-unproven-hardware"], False),
        ("event-digest-changed", ["--tolerate-tcb", "OutOfDate:INTEL-SA-1:2099-01-01"], False),
        ("event-digest-changed", ["--verify", "binding"], True),
        ("debug", ["--verify", "binding"], False),
        ("swapped-key", ["--verify", "binding"], False),
        ("unpinned-app", ["--pin-policy", "report"], True),
        ("unpinned-app", ["--pin-policy", "strict"], False),
        ("unpinned-image", ["--pin-policy", "report"], True),
        ("development-image", ["--pin-policy", "strict"], False),
        ("development-image", ["--pin-policy", "pinned"], True),
        ("new-compose", ["--pin-policy", "strict"], False),
        ("new-compose", ["--pin-policy", "pinned"], True),
        ("gpu-signature", ["--pin-policy", "report", "--nras", "off"], False),
        ("nras-refuses", ["--nras", "off"], True),
        ("nras-refuses", ["--nras", "report"], False),
        ("gpu-cut-chain", ["--nras", "off"], False),
    ],
)
def test_no_switch_waives_more_than_it_says(simulated, folders, kind, switches, accepted):
    done = verify(simulated, f"e2ee-bad-{kind}", *switches, **folders)
    assert (done.returncode == 0) == accepted, done.stdout + done.stderr


@pytest.mark.parametrize("policy, accepted", [("report", True), ("require", False), ("off", True)])
def test_a_service_of_nvidia_that_is_not_there_is_never_a_pass(simulated, folders, policy, accepted):
    more = ["--nras", policy, "--nras-url", "https://127.0.0.1:1"]
    done = verify(simulated, MODEL, "--json", *more, **folders)
    assert (done.returncode == 0) == accepted, done.stdout + done.stderr
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["NVIDIA attestation service"]["outcome"] != "passed"


def test_what_differs_from_the_pins_is_shown_and_can_be_approved(simulated, folders, tmp_path):
    pins = shutil.copy(f"{simulated.folder}/pins.json", tmp_path / "pins.json")
    more = ["e2ee-bad-unpinned-app", "--pins", str(pins)]
    refused = verify(simulated, *more, **folders)
    assert refused.returncode == 1 and "appNotPinned" in refused.stdout
    assert "DIFFERS    app: not pinned" in refused.stdout
    assert "e2ee-proxy verify e2ee-bad-unpinned-app --approve" in refused.stdout
    approved = verify(simulated, *more, "--approve", **folders)
    assert approved.returncode == 1 and str(pins) in approved.stderr
    assert os.stat(pins).st_mode & 0o777 == 0o600
    again = verify(simulated, *more, "--json", **folders)
    assert again.returncode == 0 and json.loads(again.stdout)["scope"] == "gateway"
    other = verify(simulated, "e2ee-bad-unpinned-image", "--pins", str(pins), **folders)
    assert other.returncode == 1


@pytest.mark.parametrize("text", ["", "{}", '{"e2ee_proxy_pins":2}', '{"e2ee_proxy_pins":1,"x":[]}'])
def test_pins_that_cannot_be_read_end_the_program(simulated, folders, tmp_path, text):
    (tmp_path / "pins.json").write_text(text)
    done = verify(simulated, MODEL, "--pins", f"{tmp_path}/pins.json", **folders)
    assert done.returncode == 1 and "--pins" in done.stderr


def test_a_running_proxy_takes_up_approved_pins_at_a_hang_up(simulated, folders, tmp_path):
    pins = shutil.copy(f"{simulated.folder}/pins.json", tmp_path / "pins.json")
    model = "e2ee-bad-unpinned-app"
    with serve(simulated, "--pins", str(pins), **folders) as proxy:
        assert ask(proxy, model).status_code == 502
        verify(simulated, model, "--pins", str(pins), "--approve", **folders)
        proxy.process.send_signal(1)
        proxy.wait_for(lambda: "were read again" in proxy.errors)
        assert ask(proxy, model).status_code == 200
