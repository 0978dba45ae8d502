"""One framework in a process of its own: it is asked in lines of JSON, and answers in lines of JSON.

A framework brings an environment of its own, takes seconds to import, and may want to report home. Here
it cannot: a connection or a look-up beyond this machine is an error, and is told with the answer.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable

LOOPBACK = ("127.0.0.1", "::1", "localhost")
strayed: list[str] = []
ran: list[list] = []  # the calls of the tools below, in order


def stay_on_this_machine(event: str, arguments: tuple):
    if event == "socket.connect":
        host = arguments[1][0] if isinstance(arguments[1], tuple) else LOOPBACK[0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0] or LOOPBACK[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in LOOPBACK:
        strayed.append(f"{event} {host}")
        raise PermissionError(f"{event} beyond this machine: {host}")


def add(a: int, b: int) -> int:
    """Adds two numbers."""
    ran.append(["add", a, b])
    return a + b


def multiply(a: int, b: int) -> int:
    """Multiplies two numbers."""
    ran.append(["multiply", a, b])
    return a * b


def serve(*scenarios: Callable):
    """Answers until nobody asks any more. A scenario's result has to be JSON."""
    sys.addaudithook(stay_on_this_machine)
    named = {scenario.__name__: scenario for scenario in scenarios}
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a framework prints is no answer
    for line in sys.stdin:
        question = json.loads(line)
        ran.clear()
        strayed.clear()
        try:
            answer = {"result": named[question.pop("scenario")](**question)}
        except Exception:
            answer = {"problem": traceback.format_exc()}
        answer |= {"ran": list(ran), "strayed": list(strayed)}
        print(json.dumps(answer), file=answers, flush=True)
