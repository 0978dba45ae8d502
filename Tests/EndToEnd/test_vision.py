"""Images leave sealed, as the client sent them; what is no image, or cannot be seen, is refused here."""

import base64
import json

import openai
import pytest

from dialogue import TOOLS, ask
from replies import ENDING, ROLE, say, script

SEES, BLIND = "e2ee-vision-p", "e2ee-plain-p"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360f8ffff3f0005fe02fea135815d0000000049454e44ae426082"
)
DATA = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


def image(url, **more) -> dict:
    return {"type": "image_url", "image_url": {"url": url, **more}}


def text(said: str) -> dict:
    return {"type": "text", "text": said}


def shown(client, *parts, model: str = SEES, **more):
    return ask(client, model=model, messages=[{"role": "user", "content": list(parts)}], **more)


@pytest.mark.parametrize(
    "url",
    [
        DATA,
        DATA.replace("png", "jpeg"),
        DATA.replace("png", "webp"),
        DATA.replace("png", "gif"),
        "https://images.example/a.png?secret=1#x",
    ],
)
def test_an_image_arrives_as_it_was_sent(client, enclave, marker, url):
    parts = [text("echo:" + marker), image(url, detail="high")]
    assert shown(client, *parts).content == marker
    one = enclave.chat_that_said(marker)
    assert one.opened == [("user", parts)]
    assert b"image" not in one.body and b"example" not in one.body
    assert base64.b64encode(PNG)[20:60] not in one.body


def test_images_and_texts_keep_their_order(client, enclave, marker):
    parts = [text("echo:"), image(DATA), text(marker), image("https://images.example/b")]
    shown(client, *parts)
    assert enclave.chat_that_said(marker).opened == [("user", parts)]


def test_images_of_earlier_turns_arrive_too(client, enclave, marker):
    first = [text("look"), image(DATA)]
    messages = [
        {"role": "user", "content": first},
        {"role": "assistant", "content": "nice"},
        {"role": "user", "content": "echo:" + marker},
    ]
    ask(client, model=SEES, messages=messages)
    assert enclave.chat_that_said(marker).opened[0] == ("user", first)


def test_a_large_image_arrives_whole(client, enclave, marker):
    url = "data:image/png;base64," + base64.b64encode(PNG * 30_000).decode()
    shown(client, text("echo:" + marker), image(url))
    assert enclave.chat_that_said(marker).opened[0][1][1] == image(url)


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_that_sees_may_call_tools(client, enclave, marker, stream):
    call = '<tool_call>{"name":"add","arguments":{"a":1,"b":2}}</tool_call>'
    parts = [image(DATA), text(script(ROLE, *say(marker, call), *ENDING))]
    answer = shown(client, *parts, tools=TOOLS, stream=stream)
    assert answer.named == [("add", {"a": 1, "b": 2})] and answer.content == marker
    (role, system), question = enclave.chat_that_said(marker).opened
    assert role == "system" and system.startswith("# Tools\n")
    assert question == ("user", parts)


@pytest.mark.parametrize("url", [DATA, "https://images.example/a.png"])
def test_a_model_that_does_not_see_gets_no_image(client, enclave, url):
    before = len(enclave.chats())
    with pytest.raises(openai.BadRequestError) as caught:
        shown(client, text("look"), image(url), model=BLIND)
    assert "messages" in (caught.value.param or "")
    assert len(enclave.chats()) == before


@pytest.mark.parametrize(
    "url",
    [
        "http://images.example/a.png",
        "file:///etc/passwd",
        "ftp://images.example/a.png",
        "javascript:alert(1)",
        "data:text/html;base64,AAAA",
        "/a.png",
        "images.example/a.png",
        "",
        5,
        None,
    ],
)
def test_an_image_that_is_none_or_would_be_fetched_in_clear_is_refused(client, enclave, url):
    before = len(enclave.chats())
    with pytest.raises(openai.BadRequestError) as caught:
        shown(client, text("look"), image(url))
    assert "messages" in (caught.value.param or "")
    assert len(enclave.chats()) == before


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
        {"type": "file", "file": {"file_data": "AA==", "filename": "a.pdf"}},
        {"type": "file", "file": {"file_id": "f"}},
        {"type": "video_url", "video_url": {"url": "https://v.example"}},
        {"type": "image_url"},
        {"type": "image_url", "image_url": "https://images.example/a.png"},
        {"type": "image_url", "image_url": {}},
        {"image_url": {"url": DATA}},
    ],
    ids=json.dumps,
)
@pytest.mark.parametrize("model", [SEES, BLIND])
def test_parts_that_are_not_understood_are_refused_by_name(http, enclave, model, part):
    before = len(enclave.chats())
    messages = [{"role": "user", "content": [text("look"), part]}]
    answer = http.post("/v1/chat/completions", json={"model": model, "messages": messages})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"].startswith("messages[0].content[1]")
    assert len(enclave.chats()) == before
