"""What a model thinks aloud becomes `reasoning_content`, wherever the model wrote it."""

import json

import httpx
import pytest

from proxy import Proxy
from replies import ENDING, ROLE, say, script

MODEL = "e2ee-plain-p"
either_way = pytest.mark.parametrize("stream", [False, True])


@pytest.fixture(scope="module")
def proxies(enclave):
    """A proxy for each combination of settings that a test asks for."""
    started: dict[tuple[str, ...], Proxy] = {}

    def with_settings(*settings: str) -> Proxy:
        if settings not in started:
            started[settings] = Proxy.serving(enclave, *settings)
        return started[settings]

    yield with_settings
    assert [one.stop() for one in started.values()] == [0] * len(started)


def parts(proxy: Proxy, text: str, stream: bool) -> dict[str, str]:
    """The texts of an answer by the name of their field; empty ones are left out."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": text}], "stream": stream}
    answer = httpx.post(proxy.url + "/v1/chat/completions", json=body, timeout=20, trust_env=False)
    assert answer.status_code == 200, answer.text
    if not stream:
        pieces = [answer.json()["choices"][0]["message"]]
    else:
        events = [block.removeprefix("data: ") for block in answer.text.split("\n\n") if block]
        assert events.pop() == "[DONE]"
        pieces = [json.loads(event)["choices"][0]["delta"] for event in events]
    fields = ("content", "reasoning_content", "reasoning")
    said = {name: "".join(piece.get(name) or "" for piece in pieces) for name in fields}
    return {name: text for name, text in said.items() if text}


def cut(text: str, size: int) -> str:
    raw = text.encode()
    pieces = [{"bytes": raw[at : at + size].hex()} for at in range(0, len(raw), size)]
    return script(ROLE, *pieces, *ENDING)


SPLIT = [
    ("<think>hm</think>yes", "hm", "yes"),
    ("<think>hm 🦊\n\nhm</think>yes <think>no</think>", "hm 🦊\n\nhm", "yes <think>no</think>"),
    ("<think>a < b </thin </think>yes", "a < b </thin ", "yes"),
    ("yes <think>no</think>", "", "yes <think>no</think>"),
    ("<thinking>no</thinking>", "", "<thinking>no</thinking>"),
    ("<thin", "", "<thin"),
    ("yes</think>", "", "yes</think>"),
    ("plain", "", "plain"),
]


def expected(thoughts: str, content: str) -> dict[str, str]:
    texts = {"content": content, "reasoning_content": thoughts}
    return {name: text for name, text in texts.items() if text}


@either_way
@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("text, thoughts, content", SPLIT)
def test_thoughts_at_the_beginning_are_split_off(
    proxies, text, thoughts, content, size, stream
):
    assert parts(proxies(), cut(text, size), stream) == expected(thoughts, content)


@either_way
def test_thoughts_that_never_end_are_thoughts(proxies, stream):
    assert parts(proxies(), cut("<think>hm", 2), stream) == {"reasoning_content": "hm"}


@either_way
def test_white_space_around_the_thoughts_is_not_the_answer(proxies, stream):
    said = parts(proxies(), cut("\n<think>\nhm\n</think>\n\nyes", 2), stream)
    assert said["reasoning_content"].strip() == "hm" and said["content"].strip() == "yes"


@either_way
@pytest.mark.parametrize("size", [1, 1000])
def test_thoughts_may_begin_with_the_answer(proxies, size, stream):
    proxy = proxies("--think", "implied")
    assert parts(proxy, cut("hm</think>yes", size), stream) == expected("hm", "yes")
    assert parts(proxy, cut("hm, that is all", size), stream) == expected("hm, that is all", "")


@either_way
@pytest.mark.parametrize("text", [text for text, _, _ in SPLIT])
def test_thoughts_are_left_alone_where_that_is_set(proxies, text, stream):
    assert parts(proxies("--think", "off"), cut(text, 3), stream) == {"content": text}


FIELDS = [
    ("reasoning_content", {"reasoning_content": "hm"}),
    ("reasoning", {"reasoning": "hm"}),
    ("both", {"reasoning_content": "hm", "reasoning": "hm"}),
]


@either_way
@pytest.mark.parametrize("setting, thoughts", FIELDS)
@pytest.mark.parametrize("sent", ["reasoning_content", "reasoning", "think", "twice"])
def test_reasoning_has_the_name_that_is_set(proxies, setting, thoughts, sent, stream):
    steps = {
        "think": say("<think>hm</think>"),
        "twice": [{"reasoning": "hm", "reasoning_content": "hm"}],
    }.get(sent, [{sent: "hm"}])
    proxy = proxies("--reasoning-field", setting)
    said = parts(proxy, script(ROLE, *steps, *say("yes"), *ENDING), stream)
    assert said == thoughts | {"content": "yes"}


@either_way
def test_by_default_it_is_reasoning_content(proxies, stream):
    text = script(ROLE, {"reasoning": "hm"}, *say("yes"), *ENDING)
    assert parts(proxies(), text, stream) == {"reasoning_content": "hm", "content": "yes"}
