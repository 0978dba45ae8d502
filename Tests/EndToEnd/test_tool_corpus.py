"""Every answer of the corpus of tool calls, cut into pieces, through the whole program.

`Tests/ProxyTests/Tools/Corpus/calls.json` says of each what becomes of it when it streams. Where it is
malformed an answer that does not stream is asked for again, unless it was cut short; here the model then
gives up on tools. Where a call is never closed it is text, and the model may be asked again, too.
"""

import json
from pathlib import Path

import pytest

from dialogue import ask
from replies import DONE, ROLE, attempts, script

CORPUS = json.loads(
    (Path(__file__).parents[1] / "ProxyTests/Tools/Corpus/calls.json").read_text()
)
every_case = pytest.mark.parametrize("case", CORPUS["cases"], ids=lambda case: case["name"])
GIVEN_UP = {"bytes": b"I give up.".hex()}
USED = {"usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}}


def performed(case: dict, piece: int) -> str:
    raw = case["text"].encode()
    size = piece if len(raw) < 4096 else 4093
    pieces = [{"bytes": raw[at : at + size].hex()} for at in range(0, len(raw), size)]
    return script(ROLE, *pieces, {"finish": case["finish"]}, USED, DONE)


def question(case: dict, marker: str, text: str) -> dict:
    """With text in the system message, so that the proxy's section does not begin it."""
    messages = [{"role": "system", "content": marker}, {"role": "user", "content": text}]
    model = f"e2ee-{case['family']}-tools-p"
    return {"model": model, "messages": messages, "tools": CORPUS["tools"]}


@every_case
def test_what_becomes_of_it_when_it_streams(client, enclave, marker, case):
    answer = ask(client, stream=True, **question(case, marker, performed(case, 5)))
    assert (answer.content or "") == case["content"]
    calls = [{"name": call.name, "arguments": call.arguments} for call in answer.calls]
    assert calls == case["calls"]
    ended = "tool_calls" if calls and case["finish"] == "stop" else case["finish"]
    assert answer.finish == ended
    assert enclave.chat_that_said(marker)


@every_case
def test_what_becomes_of_it_when_it_does_not_stream(client, enclave, marker, case):
    text = attempts(performed(case, 64), script(ROLE, GIVEN_UP, {"finish": "stop"}, USED, DONE))
    answer = ask(client, **question(case, marker, text))
    turns = enclave.chats_that_said(marker)
    if case["malformed"] and case["finish"] == "stop" or case.get("unterminated") and turns[1:]:
        assert (answer.content, answer.calls, answer.finish) == ("I give up.", [], "stop")
        first, second = turns
        assert second.opened[: len(first.opened)] == first.opened
        (role, said), (corrector, correction) = second.opened[len(first.opened) :]
        assert (role, corrector) == ("assistant", "user")
        assert correction.startswith("Your last answer could not be used: ")
        assert said.strip() == case["text"].strip()
        assert answer.usage["total_tokens"] == 14
        return
    content = case["content"] if case["content"].strip() or not case["calls"] else None
    assert (answer.content or None) == (content or None)
    calls = [{"name": call.name, "arguments": call.arguments} for call in answer.calls]
    assert calls == case["calls"]
    assert len(turns) == 1
