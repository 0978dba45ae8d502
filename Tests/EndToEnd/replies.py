"""The small language in which a test tells the enclave how to answer.

A script is the last user text of the request, as JSON: `{"reply": {…}}`. So every test says in
its own request what shall come back, also when hundreds run at once. `echo:TEXT` says TEXT back.

`{"replies": […]}` has an answer for each attempt: the same question again gets the next one, and the
last one from then on. A turn that corrects the model asks the question again.

A reply has a `head` (absent: 200 and an event stream), a list of `steps`, a `delivery` (how the
bytes of the body are cut) and an `end` (how the connection is left). A step is an object with
one verb as its first key:

    role, content, reasoning, reasoning_content     a chunk; texts are sealed
    content with "spoil"                            sealed, then damaged (see SPOILERS)
    bytes       hex of a content that need not be UTF-8
    delta       a delta in clear, as it is          chunk   a whole chunk object, as it is
    finish      a finish chunk                      usage   the usage chunk, choices: []
    done        data: [DONE]                        raw     text of the body, as it is
    flood       so many sealed texts of "bytes"     endless_line    so many MiB without a line end
    gate        wait until the test opens the gate of that name
    stall       wait until the client is gone
    pause       so many milliseconds until the next step
"""

import json
import uuid

SPOILERS = (
    "tag",
    "ciphertext",
    "nonce",
    "sender",
    "wrong-key",
    "clear",
    "clear-blank",
    "short",
    "odd",
    "not-hex",
    "off-curve",
    "compressed",
    "hybrid",
    "repeat",
    "upper",
    "0x",
    "empty-string",
    "number",
    "object",
    "list",
)

USAGE = {
    "prompt_tokens": 11,
    "completion_tokens": 7,
    "total_tokens": 18,
    "prompt_tokens_details": {"cached_tokens": 3},
    "completion_tokens_details": {"reasoning_tokens": 2},
}


def script(*steps: dict, **reply) -> str:
    """The text of a user message that makes the enclave answer with these steps."""
    return json.dumps({"reply": {"steps": list(steps), **reply}})


def say(*texts: str, **more) -> list[dict]:
    return [{"content": text, **more} for text in texts]


def attempts(*scripts: str) -> str:
    """The text of a user message that is answered by the first of these scripts, then by the next."""
    replies = [json.loads(one)["reply"] for one in scripts]
    return json.dumps({"replies": replies, "run": uuid.uuid4().hex})


ROLE = {"role": "assistant"}
STOP = {"finish": "stop"}
USED = {"usage": USAGE}
DONE = {"done": True}
ENDING = [STOP, USED, DONE]


def whole(*texts: str, **reply) -> str:
    """A complete, clean answer that says these texts, one chunk each."""
    return script(ROLE, *say(*texts), *ENDING, **reply)


def refusal(status: int, body=None, headers: dict | None = None, **reply) -> str:
    """An answer with this status instead of a stream."""
    body = (
        {"error": {"message": "refused by the script", "type": "scripted", "code": None}}
        if body is None
        else body
    )
    return script(head={"status": status, "headers": headers or {}, "body": body}, **reply)
