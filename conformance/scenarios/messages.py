"""Messages that a user writes."""

from typing import Any

from conformance.scenarios.kit.driver import Call, Driver
from conformance.scenarios.kit.fixtures import BOUNDED_METADATA, CLIENTS, GREETING, accepted_concurrently, user

PICTURE = "https://example.org/picture.png"


def test_lifecycle(api: Driver) -> None:
    """Create, read, modify, list, delete, and look for what is gone."""
    thread_id = api.call("createThread", {})["id"]
    made = api.call(
        "createMessage",
        {"role": "user", "content": GREETING, "metadata": {"suite": "conformance"}},
        thread_id=thread_id,
    )
    where = {"thread_id": thread_id, "message_id": made["id"]}
    api.call("getMessage", **where)
    api.call("modifyMessage", {"metadata": {"suite": "changed"}}, **where)
    api.call("getMessage", **where)
    api.call("createMessage", {"role": "assistant", "content": "Noted."}, thread_id=thread_id)
    api.call("listMessages", thread_id=thread_id)
    api.call("deleteMessage", **where)
    api.send("getMessage", **where)


def test_content_parts(api: Driver) -> None:
    """Content as a list of parts: two texts, in order."""
    thread_id = api.call("createThread", {})["id"]
    parts = [{"type": "text", "text": "First part. "}, {"type": "text", "text": "Zweiter Teil – 第二部分."}]
    made = api.call("createMessage", {"role": "user", "content": parts}, thread_id=thread_id)
    api.call("getMessage", thread_id=thread_id, message_id=made["id"])


def _try(api: Driver, *bodies: Any) -> str:
    """Send each body as a new message of one thread; returns the thread's id."""
    thread_id: str = api.call("createThread", {})["id"]
    for body in bodies:
        api.send("createMessage", body, thread_id=thread_id)
    api.call("listMessages", thread_id=thread_id)
    return thread_id


def test_required(api: Driver) -> None:
    """A message needs a role and a content, each of its type."""
    _try(api, {"role": "user"}, {"content": "x"}, {}, {"role": 1, "content": "x"}, {"role": "user", "content": 1})
    _try(api, {"role": "user", "content": None}, {"role": "user", "content": {"text": "x"}})


def test_roles(api: Driver) -> None:
    """Users and assistants write messages, nobody else does."""
    _try(api, *({"role": role, "content": "x"} for role in ("user", "assistant", "system", "tool", "function", "")))


def test_content(api: Driver) -> None:
    """Content of no part, of parts that are none, and with the text as answers show it, not as requests write it."""
    contents: list[Any] = [
        [],
        "",
        [{"type": "input_text", "text": "x"}],
        [{"type": "text"}],
        [{"type": "text", "text": {"value": "x", "annotations": []}}],
        ["x"],
        [{"text": "x"}],
    ]
    _try(api, *({"role": "user", "content": content} for content in contents))


def test_text_survives(api: Driver) -> None:
    """Line ends, tabs, quotes, control characters, markup and four-byte characters come back as they went."""
    texts = (
        "line\nline\r\nline\ttab",
        '"quoted" \\ back',
        "\u0001\u001f\u2028",
        "<b>&amp;</b>",
        "🌦👩‍👩‍👧 𝔘 אבג",
        " x ",
    )
    _try(api, *(user(text) for text in texts))


def test_long_text(api: Driver) -> None:
    """A text of twenty thousand characters."""
    _try(api, user("Lang. " * 3334))


def test_images(api: Driver) -> None:
    """Images by address: every detail, one that is none, a document in an image's place, and no address."""
    images: list[dict[str, Any]] = [
        *({"url": PICTURE, "detail": detail} for detail in ("auto", "low", "high", "max")),
        {"url": "https://example.org/document.pdf"},
        {},
    ]
    _try(api, *({"role": "user", "content": [{"type": "image_url", "image_url": image}]} for image in images))


def test_attachments(api: Driver) -> None:
    """Attachments that lack a part, or are for a tool that reads no files."""
    file_id = "file-000000000000000000000000"
    attachments: list[Any] = [
        [],
        None,
        [{"tools": [{"type": "file_search"}]}],
        [{"file_id": file_id}],
        [{"file_id": file_id, "tools": [{"type": "function"}]}],
    ]
    _try(api, *({"role": "user", "content": "x", "attachments": value} for value in attachments))


def test_version_1(api: Driver) -> None:
    """What version 1 took and version 2 does not."""
    _try(api, {"role": "user", "content": "x", "file_ids": []})


def test_metadata(api: Driver) -> None:
    """Metadata around its bounds, on creation and on modification."""
    thread_id = _try(api, *({**user("x"), "metadata": metadata} for _, metadata in BOUNDED_METADATA[:6]))
    where = {"thread_id": thread_id, "message_id": api.call("createMessage", user(), thread_id=thread_id)["id"]}
    for _, metadata in BOUNDED_METADATA:
        api.send("modifyMessage", {"metadata": metadata}, **where)
    api.call("getMessage", **where)


def test_modification(api: Driver) -> None:
    """Only the metadata of a message can be changed."""
    thread_id = api.call("createThread", {})["id"]
    made = api.call("createMessage", {**user(), "metadata": {"suite": "conformance"}}, thread_id=thread_id)
    where = {"thread_id": thread_id, "message_id": made["id"]}
    for change in ({}, {"content": "x"}, {"role": "assistant"}, {"created_at": 0}):
        api.send("modifyMessage", change, **where)
    api.call("getMessage", **where)


def test_concurrent(api: Driver) -> None:
    """Several clients write on one thread at the same time: every message is there, once."""
    thread_id = api.call("createThread", {})["id"]
    where = {"thread_id": thread_id}
    accepted_concurrently(
        api, *(Call("createMessage", user(f"Client {number} 🌍"), where) for number in range(2 * CLIENTS))
    )
    api.walk("listMessages", query={"limit": 3}, thread_id=thread_id)
    api.walk("listMessages", query={"limit": 5, "order": "asc"}, thread_id=thread_id)
