"""What the provider does with a chat that is not end-to-end encrypted: its front end reads it, the
enclave runs it. Asked for on purpose only, with `enable_e2ee: false`."""

import json

from performance import head_bytes

SCRIPTS = {
    "error": 'data: {"error":{"message":"MARKER","type":"server_error"}}\n\n',
    "not-json": "data: {oops\n\n",
    "cut": None,
}


def is_clear(one) -> bool:
    try:
        parameters = json.loads(one.body).get("venice_parameters") or {}
    except ValueError:
        return False
    return parameters.get("enable_e2ee") is False


def chunks(model: str, text: str, request: dict) -> list[str]:
    shared = {"id": "chatcmpl-clear", "object": "chat.completion.chunk", "created": 1, "model": model}
    deltas = [{"role": "assistant", "content": ""}, {"content": text}]
    if request.get("tools"):
        name = request["tools"][0]["function"]["name"]
        call = {"index": 0, "id": "native-1", "type": "function"}
        deltas[1] = {"tool_calls": [call | {"function": {"name": name, "arguments": "{}"}}]}
    finish = "tool_calls" if request.get("tools") else "stop"
    events = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas
    ]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    return ["data: " + json.dumps(shared | event, indent=None) + "\n\n" for event in events]


async def answer(enclave, one, writer) -> bool:
    request = json.loads(one.body)
    one.fields = request
    if not enclave.models[request["model"]].clear:
        enclave.violations.append("a chat came in clear")
    for name, _ in one.headers:
        if name.startswith("x-venice-tee"):
            enclave.violations.append(f"a chat in clear has the header {name}")
    text = request["messages"][-1]["content"]
    if not request.get("stream"):
        if text == "refuse":
            return await enclave._write_json(one, writer, 429, {"error": "MARKER"}, {"retry-after": "7"})
        body = {
            "id": "chatcmpl-clear",
            "object": "chat.completion",
            "model": request["model"],
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text},
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
        return await enclave._write_json(one, writer, 200, body)
    one.status = 200
    writer.write(head_bytes(200, {"content-type": "text/event-stream", "connection": "close"}))
    events = chunks(request["model"], text, request)
    if text in SCRIPTS:
        events = events[:2] + ([SCRIPTS[text]] if SCRIPTS[text] else [])
    else:
        events.append("data: [DONE]\n\n")
    for event in events:
        writer.write(event.encode())
        await writer.drain()
    return False
