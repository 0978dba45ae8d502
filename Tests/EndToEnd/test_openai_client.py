"""The official Python client through the proxy, as a user has it."""

import asyncio
import contextlib
import json
import time

import httpx
import openai
import pytest

from replies import DONE, ENDING, ROLE, STOP, USAGE, refusal, say, script, whole

MODEL = "e2ee-plain-p"
DOT = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def ask(text, **more):
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **more}


def joined(chunks, field="content"):
    return "".join(getattr(c.choices[0].delta, field, None) or "" for c in chunks if c.choices)


def events_of(http, body):
    answer = http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    assert "\r" not in answer.text
    blocks = answer.text.split("\n\n")
    assert blocks.pop() == ""
    assert all(block.startswith("data: ") and "\n" not in block for block in blocks)
    return answer, [block.removeprefix("data: ") for block in blocks]


def test_a_plain_answer_is_a_completion(client):
    answer = client.chat.completions.create(**ask("echo:hello there, enclave"))
    assert answer.choices[0].message.content == "hello there, enclave"
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].finish_reason == "stop" and len(answer.choices) == 1
    assert answer.object == "chat.completion" and answer.model == MODEL
    assert answer.id and isinstance(answer.created, int)
    assert answer._request_id


def test_a_streamed_answer_says_the_same(client):
    chunks = list(client.chat.completions.create(**ask("echo:hello there, enclave"), stream=True))
    assert joined(chunks) == "hello there, enclave"
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk.id for chunk in chunks}) == 1
    assert len({chunk.created for chunk in chunks}) == 1
    assert {chunk.model for chunk in chunks} == {MODEL}
    assert [
        chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason
    ] == ["stop"]


def test_the_first_delta_has_the_role_and_a_content(http):
    _, events = events_of(http, ask("echo:a b", stream=True))
    delta = json.loads(events[0])["choices"][0]["delta"]
    assert delta["role"] == "assistant" and isinstance(delta["content"], str)


def test_every_chunk_is_complete_and_done_comes_once(http):
    answer, events = events_of(http, ask("echo:a b c", stream=True))
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store" and answer.headers["x-request-id"]
    assert events[-1] == "[DONE]" and events.count("[DONE]") == 1
    chunks = [json.loads(event) for event in events[:-1]]
    for chunk in chunks:
        assert set(chunk) <= {"id", "object", "created", "model", "choices", "usage"}
        assert chunk["choices"][0]["index"] == 0
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["choices"][0]["delta"] == {}


def test_usage_comes_in_a_stream_only_when_asked_for(client):
    plain = list(client.chat.completions.create(**ask(whole("a")), stream=True))
    assert all(chunk.usage is None and chunk.choices for chunk in plain)
    asked = list(
        client.chat.completions.create(
            **ask(whole("a")), stream=True, stream_options={"include_usage": True}
        )
    )
    assert asked[-1].choices == [] and all(chunk.usage is None for chunk in asked[:-1])
    assert asked[-1].usage.model_dump(exclude_none=True, include=set(USAGE)) == USAGE


def test_usage_is_not_sent_when_it_is_declined(client):
    chunks = client.chat.completions.create(
        **ask(whole("a")), stream=True, stream_options={"include_usage": False}
    )
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)


def test_usage_is_always_in_a_plain_answer(client):
    usage = client.chat.completions.create(**ask(whole("a"))).usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (11, 7, 18)


def test_usage_that_never_came_is_not_invented(client):
    answer = client.chat.completions.create(**ask(script(ROLE, *say("a"), STOP, DONE)))
    assert answer.choices[0].message.content == "a" and answer.usage is None


@pytest.mark.parametrize("stream", [False, True])
def test_a_limit_of_tokens_ends_with_length(client, stream):
    answer = client.chat.completions.create(
        **ask("echo:one two three four", max_tokens=2, stream=stream)
    )
    if stream:
        chunks = list(answer)
        assert joined(chunks) == "one two " and chunks[-1].choices[0].finish_reason == "length"
    else:
        assert answer.choices[0].message.content == "one two "
        assert answer.choices[0].finish_reason == "length"


def test_twenty_turns_arrive_opened_in_order_with_their_roles(client, enclave, marker):
    roles = ["system", "developer"] + ["user", "assistant"] * 9 + ["user"]
    messages = [
        {"role": role, "content": f"{role} {marker} {number}"} for number, role in enumerate(roles)
    ]
    messages[-1]["content"] = f"echo:{marker}"
    answer = client.chat.completions.create(model=MODEL, messages=messages)
    assert answer.choices[0].message.content == marker
    one = enclave.chat_that_said(marker)
    assert [content for _, content in one.opened] == [message["content"] for message in messages]
    arrived = [role for role, _ in one.opened]
    assert arrived[1] in ("system", "developer")
    assert arrived[:1] + arrived[2:] == roles[:1] + roles[2:]


@pytest.mark.parametrize(
    "text",
    [
        "ünïcödé — „Größe“",
        "日本語のテキスト、漢字",
        "🦊👩‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿",
        'quotes " and \\ backslashes \\u0041',
        "tab\tnewline\nreturn\r\nend",
        "\u2028 and \u2029 and \ufeff",
        "control \x01 \x1f \x7f",
        "</script> data: [DONE]\n\ndata: {}",
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_any_text_survives_both_ways(client, enclave, marker, text, stream):
    said = text + marker
    answer = client.chat.completions.create(**ask("echo:" + said, stream=stream))
    assert (joined(answer) if stream else answer.choices[0].message.content) == said
    assert enclave.chat_that_said(marker).last_text == "echo:" + said


def test_a_long_text_survives(client, enclave, marker):
    text = (marker + " wörd 🦊 ") * 3000
    assert client.chat.completions.create(**ask("echo:" + text)).choices[0].message.content == text


def test_an_empty_text_arrives_sealed(client, enclave, marker):
    messages = [{"role": "system", "content": ""}, {"role": "user", "content": "echo:" + marker}]
    client.chat.completions.create(model=MODEL, messages=messages)
    assert enclave.chat_that_said(marker).opened[0] == ("system", "")


@pytest.mark.parametrize("beginning", ["[1,2,3]", "[]", ' \n[{"type":"text","text":"x"}]', '["a"]'])
def test_a_text_that_is_a_json_array_arrives_as_text(client, enclave, marker, beginning):
    text = beginning
    messages = [{"role": "system", "content": text}, {"role": "user", "content": "echo:" + marker}]
    client.chat.completions.create(model=MODEL, messages=messages)
    assert enclave.chat_that_said(marker).opened[0][1] == [{"type": "text", "text": text}]


def test_a_text_that_only_begins_like_an_array_arrives_as_text(client, enclave, marker):
    text = f"[1,2,3] is a list {marker}"
    client.chat.completions.create(**ask(text))
    content = enclave.chat_that_said(marker).opened[0][1]
    assert content in (text, [{"type": "text", "text": text}])


def test_text_parts_arrive_together(client, enclave, marker):
    parts = [{"type": "text", "text": "echo:"}, {"type": "text", "text": marker}]
    assert client.chat.completions.create(**ask(parts)).choices[0].message.content == marker
    content = enclave.chat_that_said(marker).opened[0][1]
    assert content == parts or content == "echo:" + marker


def test_an_image_arrives_sealed_at_a_model_that_sees(client, enclave, marker):
    parts = [
        {"type": "text", "text": "echo:" + marker},
        {"type": "image_url", "image_url": {"url": DOT, "detail": "low"}},
    ]
    answer = client.chat.completions.create(
        model="e2ee-vision-p", messages=[{"role": "user", "content": parts}]
    )
    assert answer.choices[0].message.content == marker
    one = enclave.chat_that_said(marker)
    assert one.opened[0][1] == parts
    assert DOT[30:].encode() not in one.body and b"image_url" not in one.body


def test_an_image_for_a_model_that_does_not_see_is_refused_here(client, enclave):
    before = len(enclave.chats())
    parts = [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": DOT}}]
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(**ask(parts))
    assert len(enclave.chats()) == before


def test_sampling_parameters_arrive_unchanged(client, enclave, marker):
    numbers = {
        "temperature": 0.7,
        "top_p": 0.95,
        "max_tokens": 77,
        "frequency_penalty": -0.5,
        "presence_penalty": 1.25,
        "seed": 123456789012345,
        "reasoning_effort": "low",
    }
    client.chat.completions.create(**ask("echo:" + marker, **numbers))
    one = enclave.chat_that_said(marker)
    assert {name: one.fields.get(name) for name in numbers} == numbers
    assert b"0.7," in one.body or b"0.7}" in one.body
    assert one.fields["stream"] is True
    assert one.fields["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
@pytest.mark.parametrize("stream", [False, True])
def test_reasoning_is_opened_and_kept_apart(client, field, stream):
    steps = [ROLE, {field: "thinking "}, {field: "härd"}, *say("answer"), *ENDING]
    answer = client.chat.completions.create(**ask(script(*steps), stream=stream))
    if stream:
        chunks = list(answer)
        assert joined(chunks) == "answer"
        thoughts = [joined(chunks, name) for name in ("reasoning_content", "reasoning")]
    else:
        message = answer.choices[0].message
        assert message.content == "answer"
        thoughts = [
            getattr(message, name, None) or "" for name in ("reasoning_content", "reasoning")
        ]
    assert sorted(thoughts) == ["", "thinking härd"]


def test_reasoning_sent_under_both_names_is_not_doubled(client):
    steps = [ROLE, {"reasoning": "once", "reasoning_content": "once"}, *say("a"), *ENDING]
    chunks = list(client.chat.completions.create(**ask(script(*steps)), stream=True))
    assert joined(chunks, "reasoning_content") + joined(chunks, "reasoning") == "once"


def test_chunks_come_before_the_answer_is_complete(client, enclave, marker):
    steps = [ROLE, *say("early "), {"gate": marker}, *say("late"), *ENDING]
    stream = client.chat.completions.create(**ask(script(*steps)), stream=True)
    texts = (chunk.choices[0].delta.content for chunk in stream if chunk.choices)
    assert next(text for text in texts if text) == "early "
    enclave.gate(marker).set()
    assert "".join(text or "" for text in texts) == "late"


def test_leaving_a_stream_closes_the_upstream_within_two_seconds(client, enclave, marker):
    stream = client.chat.completions.create(
        **ask(script(ROLE, *say(marker), {"stall": True})), stream=True
    )
    assert any(chunk.choices[0].delta.content == marker for chunk in stream)
    one = enclave.chat_that_said(marker)
    left = time.monotonic()
    stream.close()
    assert one.client_left.wait(2), "the upstream stayed open"
    assert one.left_at - left < 2


def test_leaving_while_waiting_for_a_plain_answer_closes_the_upstream(proxy, enclave, marker):
    body = json.dumps(ask(script(ROLE, *say(marker), {"stall": True}))).encode()
    with proxy.connect() as connection:
        connection.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (proxy.port, len(body), body)
        )
        enclave.wait_for(
            lambda: any(marker in json.dumps(c) for o in enclave.chats() for _, c in o.opened)
        )
    assert enclave.chat_that_said(marker).client_left.wait(2), "the upstream stayed open"


def test_cancelling_an_async_task_closes_the_upstream(proxy, enclave, marker):
    async def main():
        async with openai.AsyncOpenAI(
            base_url=proxy.url + "/v1", api_key="x", max_retries=0, timeout=20
        ) as client:
            arrived = asyncio.Event()

            async def read():
                stream = await client.chat.completions.create(
                    **ask(script(ROLE, *say(marker), {"stall": True})), stream=True
                )
                async for chunk in stream:
                    if chunk.choices[0].delta.content:
                        arrived.set()

            task = asyncio.create_task(read())
            await asyncio.wait_for(arrived.wait(), 10)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    asyncio.run(main())
    assert enclave.chat_that_said(marker).client_left.wait(2), "the upstream stayed open"


def test_the_async_client_streams_and_does_not(proxy):
    async def main():
        async with openai.AsyncOpenAI(
            base_url=proxy.url + "/v1", api_key="x", max_retries=0, timeout=20
        ) as client:
            plain = await client.chat.completions.create(**ask("echo:plain"))
            stream = await client.chat.completions.create(**ask("echo:streamed words"), stream=True)
            return plain.choices[0].message.content, joined([chunk async for chunk in stream])

    assert asyncio.run(main()) == ("plain", "streamed words")


def test_two_hundred_parallel_requests_do_not_mix(proxy, marker):
    async def one(client, number):
        text = f"{number} {marker} " + f"word{number} " * (number % 17)
        model = (MODEL, "e2ee-second-p")[number % 2]
        body = {"model": model, "messages": [{"role": "user", "content": "echo:" + text}]}
        if number % 3:
            stream = await client.chat.completions.create(**body, stream=True)
            chunks = [chunk async for chunk in stream]
            return text, joined(chunks), model, chunks[0].model
        answer = await client.chat.completions.create(**body)
        return text, answer.choices[0].message.content, model, answer.model

    async def main():
        async with openai.AsyncOpenAI(
            base_url=proxy.url + "/v1", api_key="x", max_retries=0, timeout=60
        ) as client:
            return await asyncio.gather(*(one(client, number) for number in range(200)))

    for sent, received, asked, named in asyncio.run(main()):
        assert sent == received and asked == named


@pytest.mark.parametrize(
    "status, expected",
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (404, openai.NotFoundError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_errors_of_the_provider_become_the_exceptions_of_the_client(
    client, status, expected, stream
):
    with pytest.raises(expected) as caught:
        client.chat.completions.create(
            **ask(refusal(status, headers={"retry-after": "7"})), stream=stream
        )
    assert set(caught.value.body) >= {"message", "type", "code"}
    if status in (429, 503):
        assert caught.value.response.headers["retry-after"] == "7"


def test_a_patient_client_does_not_repeat_what_cannot_succeed(proxy, enclave, marker):
    text = script(ROLE, *say(marker), *say("x", spoil="tag"), *ENDING)
    with openai.OpenAI(
        base_url=proxy.url + "/v1", api_key="x", max_retries=2, timeout=20
    ) as patient:
        with pytest.raises(openai.InternalServerError):
            patient.chat.completions.create(**ask(text))
    assert enclave.chat_that_said(marker)


def test_an_unknown_model_is_not_found(client, enclave):
    before = len(enclave.received)
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(
            model="e2ee-no-such-model", messages=[{"role": "user", "content": "x"}]
        )
    assert caught.value.code == "model_not_found"
    assert not [one for one in enclave.received[before:] if one.path == "/chat/completions"]


@pytest.mark.parametrize(
    "model", ["llama-in-clear", "", "../models", "a\r\nb", "e2ee-plain-p&nonce=00", "e2ee-plain-p "]
)
def test_a_model_that_cannot_be_sealed_to_is_refused_here(client, enclave, model):
    before = len(enclave.chats()), len(enclave.attestations())
    with pytest.raises((openai.NotFoundError, openai.BadRequestError)):
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "x"}])
    assert (len(enclave.chats()), len(enclave.attestations())) == before


def test_models_are_listed_and_only_those_that_can_be_sealed_to(client):
    models = {model.id: model for model in client.models.list()}
    assert {"e2ee-plain-p", "e2ee-vision-p"} <= set(models) and "llama-in-clear" not in models
    assert all(
        model.object == "model" and isinstance(model.created, int) and model.owned_by
        for model in models.values()
    )


def test_one_model_is_retrieved_and_an_unknown_one_is_not_found(client):
    assert client.models.retrieve("e2ee-plain-p").id == "e2ee-plain-p"
    for unknown in ("e2ee-no-such-model", "llama-in-clear"):
        with pytest.raises(openai.NotFoundError) as caught:
            client.models.retrieve(unknown)
        assert caught.value.code == "model_not_found"


@pytest.mark.parametrize(
    "body, named",
    [
        ({"messages": [{"role": "user", "content": "x"}]}, "model"),
        ({"model": MODEL}, "messages"),
        ({"model": MODEL, "messages": []}, "messages"),
        ({"model": 5, "messages": [{"role": "user", "content": "x"}]}, "model"),
        ({"model": MODEL, "messages": "x"}, "messages"),
        ({"model": MODEL, "messages": [{"role": "user", "content": 5}]}, "messages"),
        ({"model": MODEL, "messages": [{"role": "user", "content": {"a": 1}}]}, "messages"),
        ({"model": MODEL, "messages": [{"content": "x"}]}, "messages"),
        ({"model": MODEL, "messages": [{"role": "wizard", "content": "x"}]}, "messages"),
        ({"model": MODEL, "messages": [5]}, "messages"),
        (
            {"model": MODEL, "messages": [{"role": "user", "content": "x"}], "stream": "yes"},
            "stream",
        ),
        (
            {"model": MODEL, "messages": [{"role": "user", "content": "x"}], "temperature": "hot"},
            "temperature",
        ),
        (
            {"model": MODEL, "messages": [{"role": "user", "content": "x"}], "max_tokens": "many"},
            "max_tokens",
        ),
        (
            {
                "model": MODEL,
                "messages": [{"role": "user", "content": "x"}],
                "reasoning_effort": "SECRET",
            },
            "reasoning_effort",
        ),
    ],
)
def test_a_request_with_a_wrong_field_is_refused_by_name(http, enclave, body, named):
    before = len(enclave.chats())
    answer = http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (
        error["param"] is not None
        and named in error["param"]
        and error["message"]
        and error["type"]
    )
    assert len(enclave.chats()) == before


def test_an_attestation_is_made_once_for_many_requests(client, enclave):
    model = enclave.fresh_model()
    for _ in range(3):
        client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "echo:x"}]
        )
    assert len(enclave.attestations(model)) == 1


def test_a_stream_that_runs_while_the_key_rotates_is_completed(client, enclave, marker):
    model = enclave.fresh_model()
    steps = [ROLE, *say("before "), {"gate": marker}, *say("after"), *ENDING]
    messages = [{"role": "user", "content": script(*steps)}]
    stream = client.chat.completions.create(model=model, messages=messages, stream=True)
    first = next(chunk for chunk in stream if chunk.choices[0].delta.content)
    enclave.rotate(model)
    other = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "echo:other"}]
    )
    enclave.gate(marker).set()
    assert other.choices[0].message.content == "other"
    assert first.choices[0].delta.content + joined(stream) == "before after"


def test_connections_are_used_again(client, enclave):
    client.chat.completions.create(**ask("echo:warm"))
    before = enclave.connections
    for _ in range(5):
        client.chat.completions.create(**ask("echo:again"))
    assert enclave.connections - before <= 1


def test_a_connection_the_provider_closed_is_not_used_again(client, enclave):
    for _ in range(10):
        assert client.chat.completions.create(**ask("echo:a")).choices[0].message.content == "a"
        enclave.close_idle()


def test_a_stream_may_be_read_as_raw_bytes_by_any_client(http):
    with http.stream("POST", "/v1/chat/completions", json=ask("echo:x y", stream=True)) as answer:
        assert isinstance(answer, httpx.Response)
        assert b"".join(answer.iter_bytes()).endswith(b"data: [DONE]\n\n")
