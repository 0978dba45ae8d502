"""curl through the proxy, as the first thing a user types."""

import json
import subprocess

from replies import ENDING, ROLE, say, script

MODEL = "e2ee-plain-p"


def curl(proxy, *arguments: str, body: dict | None = None) -> subprocess.CompletedProcess:
    command = ["curl", "--silent", "--show-error", "--max-time", "20", "--noproxy", "*", *arguments]
    if body is not None:
        command += ["--header", "Content-Type: application/json", "--data-binary", json.dumps(body)]
        command.append(proxy.url + "/v1/chat/completions")
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def ask(text: str, **more) -> dict:
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **more}


def test_curl_gets_a_completion(proxy, enclave):
    done = curl(
        proxy, "--write-out", "\n%{http_code} %{content_type}", body=ask("echo:hello from curl")
    )
    body, _, last = done.stdout.rpartition("\n")
    assert done.returncode == 0 and last == "200 application/json"
    assert json.loads(body)["choices"][0]["message"]["content"] == "hello from curl"


def test_curl_streams_while_the_answer_is_written(proxy, enclave, marker):
    body = ask(script(ROLE, *say("early "), {"gate": marker}, *say("late"), *ENDING), stream=True)
    process = subprocess.Popen(
        [
            "curl",
            "--silent",
            "--no-buffer",
            "--max-time",
            "20",
            "--noproxy",
            "*",
            "--header",
            "Content-Type: application/json",
            "--data-binary",
            json.dumps(body),
            proxy.url + "/v1/chat/completions",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        lines = iter(process.stdout.readline, "")
        assert next(line for line in lines if "early" in line).startswith("data: {")
        enclave.gate(marker).set()
        rest = "".join(lines)
    assert process.returncode == 0
    assert "late" in rest and rest.endswith("data: [DONE]\n\n")


def test_curl_sees_a_cut_stream_as_a_failure(proxy, enclave):
    done = curl(proxy, "--no-buffer", body=ask(script(ROLE, *say("part"), end="rst"), stream=True))
    assert done.returncode == 18, "curl says: transfer closed with outstanding data"
    assert '"error"' in done.stdout and "[DONE]" not in done.stdout


def test_curl_sends_a_large_body_with_expect(proxy, enclave, marker):
    text = marker + "x" * 100_000
    body = {
        "model": MODEL,
        "messages": [{"role": "system", "content": text}, {"role": "user", "content": "echo:read"}],
    }
    done = curl(proxy, "--header", "Expect: 100-continue", body=body)
    assert json.loads(done.stdout)["choices"][0]["message"]["content"] == "read"
    assert enclave.chat_that_said(marker).opened[0] == ("system", text)


def test_curl_lists_the_models(proxy, enclave):
    done = curl(proxy, proxy.url + "/v1/models")
    assert MODEL in [model["id"] for model in json.loads(done.stdout)["data"]]


def test_curl_with_http_1_0_gets_the_whole_stream(proxy, enclave):
    done = curl(proxy, "--http1.0", body=ask("echo:old", stream=True))
    assert done.returncode == 0 and done.stdout.endswith("data: [DONE]\n\n")
