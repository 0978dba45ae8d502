"""Frameworks of others, as their users have them, hold dialogues with tools through the proxy.

Each runs in a process of its own, under the interpreter that has it; frameworks/ has what they do.
"""

import json
import subprocess
from pathlib import Path

import pytest

from dialogue import FAMILIES, model_of
from proxy import REPOSITORY, environment

FOLDER = Path(__file__).parent / "frameworks"
INTERPRETERS = {
    "langchain": ".venv",
    "litellm": ".venv",
    "pydantic_ai": ".venv",
    "llama_index": ".venv-openai-2",
    "instructor": ".venv-openai-2",
}
SILENCE = {
    "ANONYMIZED_TELEMETRY": "false",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_TELEMETRY": "False",
    "LOGFIRE_SEND_TO_LOGFIRE": "false",
    "OPENAI_API_KEY": "unused",
    "OTEL_SDK_DISABLED": "true",
    "PYTHONWARNINGS": "ignore",
}
either_way = pytest.mark.parametrize("stream", [False, True])
every_family = pytest.mark.parametrize("family", FAMILIES)


class Visitor:
    def __init__(self, framework: str):
        self.process = subprocess.Popen(
            [
                REPOSITORY / INTERPRETERS[framework] / "bin/python",
                FOLDER / f"visit_{framework}.py",
            ],
            env=environment(**SILENCE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, scenario: str, **how) -> dict:
        self.process.stdin.write(json.dumps({"scenario": scenario, **how}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"problem": "it ended"}')
        assert "problem" not in answer, answer["problem"]
        assert answer["strayed"] == [], "it wanted to talk to somebody else"
        return answer

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(10) == 0


@pytest.fixture(scope="module")
def visitors():
    started: dict[str, Visitor] = {}

    def visitor(framework: str) -> Visitor:
        if framework not in started:
            started[framework] = Visitor(framework)
        return started[framework]

    yield visitor
    for one in started.values():
        one.end()


DIALOGUES = [
    ("langchain", "bound"),
    ("langchain", "agent"),
    ("litellm", "agent"),
    ("pydantic_ai", "agent"),
    ("llama_index", "agent"),
    ("instructor", "agent"),
]
SUMS = [["add", 2, 3], ["add", 4, 5]]


@either_way
@every_family
@pytest.mark.parametrize("framework, scenario", DIALOGUES)
def test_a_dialogue_of_three_steps(
    visitors, proxy, enclave, marker, framework, scenario, family, stream
):
    plan = f'add {{"a":2,"b":3}} & add {{"a":4,"b":5}} ; multiply {{"a":"$1","b":"$2"}} ; say {marker} $3'
    answer = visitors(framework).ask(
        scenario, url=proxy.url + "/v1", model=model_of(family), plan="plan: " + plan, stream=stream
    )
    assert answer["result"] == {"said": f"{marker} 45", "turns": 3}
    assert sorted(answer["ran"][:2]) == SUMS and answer["ran"][2:] == [["multiply", 5, 9]]
    assert len(enclave.chats_that_said(marker)) == 3


OBJECTS = [  # the framework, the scenario, how it asks, and the name of the tool where it is one
    ("langchain", "structured", "json_schema", None),
    ("langchain", "structured", "function_calling", "Person"),
    ("langchain", "structured", "json_mode", None),
    ("langchain", "structured_agent", "", "Person"),
    ("litellm", "structured", "class", None),
    ("litellm", "structured", "json_object", None),
    ("pydantic_ai", "structured", "tool", "final_result"),
    ("pydantic_ai", "structured", "native", None),
    ("pydantic_ai", "structured", "prompted", None),
    ("llama_index", "structured", "", "Person"),
    ("llama_index", "structured", "streamed", "Person"),
    ("instructor", "structured", "TOOLS", "Person"),
    ("instructor", "structured", "TOOLS_PARTIAL", "PartialPerson"),
    ("instructor", "structured", "JSON_SCHEMA", None),
    ("instructor", "structured", "JSON_SCHEMA_PARTIAL", None),
    ("instructor", "structured", "JSON", None),
]


@every_family
@pytest.mark.parametrize("framework, scenario, way, tool", OBJECTS)
def test_an_object_is_extracted(
    visitors, proxy, enclave, marker, framework, scenario, way, tool, family
):
    person = {"name": marker, "age": 36}
    plan = f"plan: {tool or 'json'} {json.dumps(person)} ; say done"
    answer = visitors(framework).ask(
        scenario, url=proxy.url + "/v1", model=model_of(family), plan=plan, way=way
    )
    assert answer["result"] == person
    assert enclave.chat_that_said(marker)


MISTAKEN = [one for one in OBJECTS if "PARTIAL" not in one[2] and one[2] != "streamed"]


@pytest.mark.parametrize("framework, scenario, way, tool", MISTAKEN)
def test_a_mistake_of_the_model_does_not_reach_the_framework(
    visitors, proxy, enclave, marker, framework, scenario, way, tool
):
    person = {"name": marker, "age": 36}
    habit = "missing-argument" if tool else "output-cut"
    plan = f"plan!{habit}: {tool or 'json'} {json.dumps(person)} ; say done"
    answer = visitors(framework).ask(
        scenario, url=proxy.url + "/v1", model=model_of("glm"), plan=plan, way=way
    )
    assert answer["result"] == person
    assert len(enclave.chats_that_said(marker)) == 2


@pytest.mark.parametrize("folder", sorted(set(INTERPRETERS.values())))
def test_a_framework_cannot_talk_to_anybody_else(folder):
    """The guard itself: without it the tests above would prove nothing."""
    program = (
        "import socket, sys, visitor\n"
        "sys.addaudithook(visitor.stay_on_this_machine)\n"
        "try: socket.create_connection(('192.0.2.1', 9), 1)\n"
        "except PermissionError: print(visitor.strayed)"
    )
    interpreter = REPOSITORY / folder / "bin/python"
    ended = subprocess.run(
        [interpreter, "-c", program], cwd=FOLDER, capture_output=True, text=True, timeout=10
    )
    assert ended.stdout == "['socket.getaddrinfo 192.0.2.1']\n"
