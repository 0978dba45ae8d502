"""A real browser: pages of this machine can use the proxy, pages of others can neither read it nor
make it do anything."""

import json
import shutil
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from proxy import Proxy

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
MODEL = "e2ee-plain-p"

# Each page does one thing, writes what came of it into its title, and says that it is done.
STREAM = """
const body = JSON.stringify({model: MODEL, stream: true, messages: [{role: 'user', content: TEXT}]});
const answer = await fetch(PROXY + '/v1/chat/completions', {
  method: 'POST', headers: {'Content-Type': 'application/json', Authorization: 'Bearer x'}, body,
});
const reader = answer.body.getReader();
let text = '';
for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
  text += new TextDecoder().decode(piece.value);
}
const words = text.split('\\n').filter(line => line.startsWith('data: {'))
  .map(line => JSON.parse(line.slice(6)).choices[0].delta.content || '');
return answer.status + ' ' + words.join('') + ' ' + (answer.headers.get('x-request-id') ? 'named' : '');
"""
READ = "return 'read ' + (await (await fetch(PROXY + '/v1/models')).text()).length;"
TRIGGER = """
const body = JSON.stringify({model: MODEL, messages: [{role: 'user', content: TEXT}]});
const answer = await fetch(PROXY + '/v1/chat/completions', {method: 'POST', mode: 'no-cors', body});
return 'sent ' + answer.type;
"""


def page(script: str, **values: str) -> bytes:
    constants = "".join(f"const {name} = {json.dumps(value)};" for name, value in values.items())
    return f"""<!doctype html><title>waiting</title><script>
      {constants}
      (async () => {{ {script} }})()
        .then(result => document.title = 'done: ' + result)
        .catch(error => document.title = 'done: failed ' + error.name);
    </script>""".encode()


@contextmanager
def serving(content: bytes, port: int = 0):
    """A web server on this machine with one page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def visit(url: str, folder, seconds: int = 60) -> str:
    """The title of the page once its script is done. All names lead to this machine.

    The browser's clock does not wait for the body of an answer: on a busy machine it can be over
    before the page is. Then the page is visited again, at most twice.
    """
    for attempt in range(3):
        title = visit_once(url, f"{folder}/{attempt}", seconds)
        if title.startswith("done: "):
            return title.removeprefix("done: ")
    raise AssertionError(f"the page never ended: {title}")


def visit_once(url: str, folder: str, seconds: int) -> str:
    shown = subprocess.run(
        [
            CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}",
            "--disable-background-networking", "--no-first-run", "--disable-component-update",
            "--host-resolver-rules=MAP * 127.0.0.1, EXCLUDE localhost", "--timeout=15000",
            "--virtual-time-budget=10000", "--dump-dom", url,
        ],
        capture_output=True, timeout=seconds, check=False, text=True,
    )
    return shown.stdout.split("<title>")[1].split("</title>")[0]


def test_a_page_of_this_machine_can_stream(proxy, tmp_path):
    with serving(page(STREAM, PROXY=proxy.url, MODEL=MODEL, TEXT="echo:hello from a page")) as port:
        shown = visit(f"http://localhost:{port}/", tmp_path)
    assert shown.split(" ", 1) == ["200", "hello from a page named"]


@pytest.mark.parametrize("script", [STREAM, READ])
def test_a_foreign_page_can_read_nothing(proxy, enclave, tmp_path, script):
    before = len(enclave.chats())
    with serving(page(script, PROXY=proxy.url, MODEL=MODEL, TEXT="echo:x")) as port:
        shown = visit(f"http://evil.example:{port}/", tmp_path)
    assert shown == "failed TypeError"
    assert len(enclave.chats()) == before


def test_a_foreign_page_can_trigger_nothing(proxy, enclave, tmp_path):
    before = len(enclave.chats())
    with serving(page(TRIGGER, PROXY=proxy.url, MODEL=MODEL, TEXT="echo:x")) as port:
        visit(f"http://evil.example:{port}/", tmp_path)
    assert len(enclave.chats()) == before


def test_a_name_that_was_bent_to_this_machine_is_not_served(proxy, tmp_path):
    # To the browser the page and the proxy are one origin: only the Host field tells.
    shown = subprocess.run(
        [
            CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
            "--host-resolver-rules=MAP * 127.0.0.1", "--dump-dom",
            f"http://evil.example:{proxy.port}/v1/models",
        ],
        capture_output=True, timeout=60, check=False, text=True,
    )
    assert "host_not_allowed" in shown.stdout and MODEL not in shown.stdout


def test_a_foreign_page_that_was_allowed_by_name_can_read(enclave, tmp_path):
    with serving(b"") as port:
        origin = f"http://chat.example:{port}"
    with Proxy.serving(enclave, "--allow-origin", origin) as proxy:
        with serving(page(READ, PROXY=proxy.url), port) as port:
            shown = visit(origin + "/", tmp_path)
    assert shown.startswith("read ")
