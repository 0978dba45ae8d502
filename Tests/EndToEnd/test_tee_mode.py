"""Models asked for as `tee-NAME`: verified like any other, not encrypted, and only where the operator
has allowed it. Every answer says so, and so does the log."""

import httpx
import openai
import pytest

from proxy import Proxy

MODEL = "tee-e2ee-clear-p"
WARNING = "no; the provider's front end can read request and answer"
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


@pytest.fixture(scope="module")
def allowing(enclave):
    with Proxy.serving(enclave, "--allow-tee") as proxy:
        yield proxy


@pytest.fixture(scope="module")
def asker(allowing):
    with openai.OpenAI(base_url=allowing.url + "/v1", api_key="x", max_retries=0) as asker:
        yield asker


def ask(text: str, **more) -> dict:
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **more}


@pytest.mark.parametrize("stream", [False, True])
def test_it_is_off_unless_the_operator_allows_it(http, enclave, marker, stream):
    before = len(enclave.chats())
    answer = http.post("/v1/chat/completions", json=ask(marker, stream=stream))
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "tee_mode_off"
    assert len(enclave.chats()) == before
    assert MODEL not in {one["id"] for one in http.get("/v1/models").json()["data"]}


def test_an_answer_comes_whole(allowing, asker, enclave, marker):
    raw = asker.chat.completions.with_raw_response.create(**ask(marker, temperature=0.5))
    assert raw.headers["x-e2ee-encrypted"] == WARNING
    assert "x-e2ee-key" not in raw.headers
    assert raw.headers["x-e2ee-scope"]
    answer = raw.parse()
    assert answer.choices[0].message.content == marker
    assert answer.model == MODEL
    assert answer.usage.total_tokens == 2
    seen = enclave.chats("e2ee-clear-p")[-1].fields
    assert seen["messages"][0]["content"] == marker
    assert seen["temperature"] == 0.5
    assert seen["venice_parameters"] == {
        "enable_e2ee": False,
        "include_venice_system_prompt": False,
    }


def test_an_answer_streams_with_tools_of_the_provider(allowing, asker, enclave):
    chunks = list(
        asker.chat.completions.create(
            **ask("x", stream=True, tools=[TOOL], logprobs=True),
            extra_body={"venice_parameters": {"enable_web_search": "on", "enable_e2ee": True}},
        )
    )
    assert {chunk.model for chunk in chunks} == {MODEL}
    assert chunks[1].choices[0].delta.tool_calls[0].function.name == "look"
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    seen = enclave.chats("e2ee-clear-p")[-1].fields
    assert seen["tools"] == [TOOL] and seen["logprobs"] is True
    assert seen["venice_parameters"]["enable_web_search"] == "on"
    assert seen["venice_parameters"]["enable_e2ee"] is False


def test_evidence_gates_it_all_the_same(allowing, enclave):
    before = len(enclave.chats())
    answer = httpx.post(
        allowing.url + "/v1/chat/completions",
        json=ask("x") | {"model": "tee-e2ee-bad-debug-bit"},
        trust_env=False,
    )
    assert answer.status_code == 502
    assert answer.json()["error"]["type"] == "attestation_error"
    assert len(enclave.chats()) == before


@pytest.mark.parametrize(
    "more, param", [({"stream": 1}, "stream"), ({"venice_parameters": 1}, "venice_parameters")]
)
def test_what_cannot_be_sent_is_refused(allowing, more, param):
    answer = httpx.post(
        allowing.url + "/v1/chat/completions", json=ask("x") | more, trust_env=False
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


def test_an_unknown_model_is_none(allowing):
    answer = httpx.post(
        allowing.url + "/v1/chat/completions",
        json=ask("x") | {"model": "tee-llama-in-clear"},
        trust_env=False,
    )
    assert answer.status_code == 404


def test_a_refusal_of_the_provider_is_told_without_its_text(allowing):
    answer = httpx.post(
        allowing.url + "/v1/chat/completions", json=ask("refuse"), trust_env=False
    )
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "7"
    assert "MARKER" not in answer.text


@pytest.mark.parametrize("text", ["error", "not-json", "cut"])
def test_a_broken_stream_is_no_success(allowing, text):
    answer = None
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.RemoteProtocolError):
        with client.stream(
            "POST", allowing.url + "/v1/chat/completions", json=ask(text, stream=True)
        ) as answer:
            lines = []
            for line in answer.iter_lines():
                lines.append(line)
    assert any('"error"' in line for line in lines)
    assert not any("MARKER" in line or "[DONE]" in line for line in lines)


def test_the_list_and_the_log_say_what_it_is(allowing, asker, marker):
    models = {one.id: one for one in asker.models.list().data}
    assert models[MODEL].capabilities["e2ee"] is False
    assert models["e2ee-clear-p"].capabilities["e2ee"] is True
    assert asker.models.retrieve(MODEL).id == MODEL
    asker.chat.completions.create(**ask(marker))
    assert "outcome=ok sealed=no: the provider's front end can read it" in allowing.errors
    assert "tee-NAME" in allowing.errors
    assert marker not in allowing.errors
