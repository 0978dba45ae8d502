"""The newcomer's first minute: `e2ee-proxy demo`, without a key and without a network."""

import json
import re
import shlex
import subprocess
import sys

import httpx
import pytest

from proxy import Proxy


@pytest.fixture(scope="module")
def demo():
    with Proxy("demo", "--port", "0") as demo:
        demo.wait_until_listening()
        demo.wait_for(lambda: b"curl" in demo.printed and b"import" in demo.printed)
        yield demo


def printed(demo) -> str:
    return demo.printed.decode()


def curl_command(demo) -> list[str]:
    """The printed curl command, with its continued lines."""
    text = re.sub(r"\\\n\s*", " ", printed(demo))
    found = re.search(r"^\W*(curl .*(?:\n[^\n]*)*?)(?=\n\s*\n|\Z)", text, re.MULTILINE)
    assert found, text
    return shlex.split(found[1])


def python_snippet(demo) -> str:
    """The printed Python lines, from the import on, without what indents them."""
    lines = printed(demo).splitlines()
    start = next(
        number
        for number, line in enumerate(lines)
        if "import OpenAI" in line or "import openai" in line
    )
    margin = len(lines[start]) - len(lines[start].lstrip())
    end = start
    while end < len(lines) and lines[end].strip():
        end += 1
    return "\n".join(line[margin:] for line in lines[start:end])


def test_it_says_that_it_is_a_simulation(demo):
    assert "simulat" in printed(demo).lower()


def test_it_needs_no_key(demo):
    assert demo.process.poll() is None and "VENICE_API_KEY" not in printed(demo)


def test_the_printed_curl_streams_an_answer(demo):
    command = curl_command(demo)
    done = subprocess.run(
        [*command, "--max-time", "20", "--noproxy", "*"], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("data: [DONE]")
    chunks = [
        json.loads(line[6:]) for line in done.stdout.splitlines() if line.startswith("data: {")
    ]
    assert "".join(c["delta"].get("content") or "" for chunk in chunks for c in chunk["choices"])


def test_the_printed_python_prints_an_answer(demo):
    done = subprocess.run(
        [sys.executable, "-c", python_snippet(demo)], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_its_models_answer(demo):
    with httpx.Client(base_url=demo.url, timeout=20, trust_env=False) as client:
        models = [model["id"] for model in client.get("/v1/models").json()["data"]]
        assert models
        for model in models:
            body = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
            answer = client.post("/v1/chat/completions", json=body)
            assert answer.status_code == 200 and answer.json()["choices"][0]["message"]["content"]


def test_it_stops_when_asked(demo):
    demo.terminate()
    assert demo.wait(5) == 0
