"""Requests with a text of its own in every place where a client can put one."""

import base64
import json
import uuid
from itertools import count

from replies import whole

MODEL = "e2ee-plain-p"


class Markers:
    """Hands out texts that occur nowhere else and remembers them."""

    def __init__(self):
        self.run, self.numbers, self.all = uuid.uuid4().hex[:12], count(), []

    def __call__(self, label: str = "m") -> str:
        self.all.append(f"{label}{self.run}x{next(self.numbers):03}z")
        return self.all[-1]

    def found_in(self, data: bytes) -> list[str]:
        """Markers in this data: as they are, in hexadecimal or in base64, in any case of letters."""
        low = data.lower()

        def spellings(text: str):
            raw = text.encode()
            yield raw.lower()
            yield raw.hex().encode()
            for shift in range(3):
                yield base64.b64encode(b"\0" * shift + raw)[4:-4].lower()

        return [
            marker for marker in self.all if any(spelling in low for spelling in spellings(marker))
        ]


def maximal_request(m: Markers, last_text: str) -> dict:
    """Every field that is accepted, each with a marker of its own wherever text fits."""
    return {
        "model": MODEL,
        "messages": [
            {"role": "system", "content": m("system"), "name": m("name")},
            {
                "role": "developer",
                "content": [{"type": "text", "text": m("part")}],
                m("key"): m("value"),
            },
            {
                "role": "assistant",
                "content": m("assistant"),
                "name": m("name"),
                "refusal": m("refusal"),
                "reasoning_content": m("thought"),
                "reasoning": m("thought"),
                "annotations": [{"text": m("note")}],
            },
            {
                "role": "user",
                "content": last_text + m("user"),
                "name": m("name"),
                "cache_control": {"type": m("cache")},
            },
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 100,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "seed": 4,
        "reasoning_effort": "low",
        "n": 1,
        "user": m("user"),
        "metadata": {m("key"): m("value")},
        "safety_identifier": m("safety"),
        "prompt_cache_key": m("cache"),
        "service_tier": m("tier"),
        "store": False,
        m("unknown"): {m("key"): [m("value"), {"deep": m("deep")}]},
        "provider": {"order": [m("provider")]},
    }


def function_of(m: Markers, name: str) -> dict:
    properties = {
        m("argument"): {
            "type": "string",
            "description": m("meaning"),
            "enum": [m("choice"), m("choice")],
            "default": m("default"),
            "pattern": m("pattern"),
        }
    }
    parameters = {
        "type": "object",
        "title": m("title"),
        "properties": properties,
        "required": list(properties),
        "$defs": {m("definition"): {"const": m("constant")}},
    }
    return {
        "name": name,
        "description": m("description"),
        "parameters": parameters,
        "strict": False,
        m("key"): m("value"),
    }


def calls_of(m: Markers, name: str) -> list[dict]:
    arguments = json.dumps({m("argument"): m("argued"), "deep": [{m("key"): m("value")}]})
    return [
        {
            "id": m("id"),
            "type": "function",
            "function": {"name": name, "arguments": arguments},
            m("key"): m("value"),
        }
        for _ in range(2)
    ]


def picture(m: Markers) -> dict:
    data = base64.b64encode(f"PNG {m('pixels')}".encode()).decode()
    return {
        "type": "image_url",
        "image_url": {"url": f"data:image/png;base64,{data}", "detail": "low"},
    }


def request_with_tools(m: Markers, last_text: str) -> dict:
    """Tools, a history of calls, a schema, stop texts, two choices and images."""
    name = m("tool")
    calls = calls_of(m, name)
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": m("result"), "name": m("name")}
        for call in calls
    ]
    schema = {"type": "object", "properties": {m("member"): {"const": m("constant")}}}
    request = maximal_request(m, last_text)
    *before, last = request["messages"]
    looked = [
        {"type": "text", "text": m("look"), m("key"): m("value")},
        picture(m),
        {"type": "image_url", "image_url": {"url": f"https://images.example/{m('path')}"}},
    ]
    request["messages"] = [
        *before,
        {"role": "user", "content": looked},
        {"role": "assistant", "content": m("assistant"), "tool_calls": calls},
        *results,
        last,
    ]
    return request | {
        "model": "e2ee-vision-p",
        "tools": [
            {"type": "function", "function": function_of(m, name), m("key"): m("value")},
            {"type": "function", "function": function_of(m, m("tool"))},
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": m("schema"),
                "description": m("description"),
                "schema": schema,
                m("key"): m("value"),
            },
        },
        "stop": [m("stop"), m("stop")],
        "n": 2,
    }


def request_with_functions(m: Markers, last_text: str) -> dict:
    name = m("function")
    request = maximal_request(m, last_text)
    *before, last = request["messages"]
    arguments = json.dumps({m("argument"): m("argued")})
    request["messages"] = [
        *before,
        {"role": "assistant", "content": None, "function_call": {"name": name, "arguments": arguments}},
        {"role": "function", "name": name, "content": m("result")},
        last,
    ]
    return request | {
        "functions": [function_of(m, name), function_of(m, m("function"))],
        "function_call": {"name": name},
        "response_format": {"type": "json_object"},
        "stop": m("stop"),
    }


REQUESTS = {
    "fields": maximal_request,
    "tools": request_with_tools,
    "functions": request_with_functions,
}


def answer_with_calls(m: Markers, body: dict) -> str:
    """A script whose calls are those of the history, well-formed and not."""
    name = (body.get("tools") or [{}])[0].get("function", {}).get("name") or m("called")
    bad = f'<tool_call>{{"name": "{m("misnamed")}", "arguments": {{"{m("k")}": "{m("v")}"}}}}</tool_call>'
    good = f'<tool_call>{{"name": "{name}", "arguments": {{"{m("k")}": "{m("v")}"}}}}</tool_call>'
    return whole(m("said"), bad, good, m("said"))
