"""Files from upload to deletion."""

from typing import Any

from conformance.scenarios.kit.driver import Driver
from conformance.scenarios.kit.fixtures import NOTES, PIXEL, TABLE, file, files, spread
from conformance.scenarios.kit.multipart import Form, field, upload
from conformance.trace.form import Part

UNKNOWN = "file-000000000000000000000000"
CHAT = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n'
PURPOSES = {
    "assistants": ("orchard.md", NOTES.encode()),
    "batch": (
        "requests.jsonl",
        b'{"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o-mini",'
        b' "messages": [{"role": "user", "content": "Hi"}]}}\n',
    ),
    "fine-tune": ("chats.jsonl", 10 * CHAT.encode()),
    "vision": ("pixel.png", PIXEL),
    "user_data": ("orchard.txt", NOTES.encode()),
    "evals": ("items.jsonl", b'{"item": {"question": "1 + 1", "answer": "2"}}\n'),
}
"""What is uploaded for each purpose that there is."""


def _kept(api: Driver, name: str, content: bytes | str, purpose: str = "user_data", **expiry: object) -> str | None:
    """The id of a file, where it was let in."""
    uploaded = api.send("createFile", upload(name, content, purpose, **expiry))
    return str(api.object_of(uploaded, "createFile")["id"]) if uploaded.ok else None


def test_lifecycle(api: Driver) -> None:
    """Upload, read, list, download and delete, and look for what is gone."""
    file_id = file(api)
    api.call("retrieveFile", file_id=file_id)
    api.call("listFiles", query={"purpose": "assistants"})
    api.send("downloadFile", file_id=file_id)
    api.call("deleteFile", file_id=file_id)
    api.send("retrieveFile", file_id=file_id)
    api.send("downloadFile", file_id=file_id)
    api.send("deleteFile", file_id=file_id)
    api.call("listFiles")


def test_purposes(api: Driver) -> None:
    """A file for each purpose, as it was uploaded and as it is read; of each purpose its list."""
    for purpose, (name, content) in PURPOSES.items():
        if file_id := _kept(api, name, content, purpose):
            api.call("retrieveFile", file_id=file_id)
            api.send("downloadFile", file_id=file_id)
        api.send("listFiles", query={"purpose": purpose})
    api.call("listFiles", query={"limit": 6})


def test_contents(api: Driver) -> None:
    """Bytes of every kind come back as they were sent, whatever looks like the end of a line or of a form in them."""
    for name, content in (
        ("bytes.bin", bytes(range(256))),
        ("lines.txt", b"one\r\ntwo\n\r\n\n--conformance-0\r\n--conformance-0--\r\nno end"),
        ("letters.txt", "Größe 世界 🌍".encode()),
        ("marked.txt", b"\xef\xbb\xbfwith a byte order mark"),
        ("one.txt", b"1"),
    ):
        if file_id := _kept(api, name, content):
            api.send("downloadFile", file_id=file_id)


def test_names(api: Driver) -> None:
    """Names with letters, spaces and dots of every kind, and one that is used twice."""
    for name in ("two words.txt", "größe-世界-🌍.txt", "no_ending", "a.tar.gz", "UPPER.TXT", f"{'n' * 100}.txt"):
        if file_id := _kept(api, name, TABLE):
            api.call("retrieveFile", file_id=file_id)
    twins = [file(api, "twin.txt", content, "user_data") for content in ("first", "second")]
    for twin in twins:
        api.send("downloadFile", file_id=twin)


def test_expiry(api: Driver) -> None:
    """Uploads that expire, from the shortest time to the longest and beyond, and one that does not."""
    kept: list[dict[str, Any]] = [
        {"anchor": "created_at", "seconds": seconds} for seconds in (3600, 3601, 2_591_999, 2_592_000)
    ]
    broken: list[dict[str, Any]] = [
        *({"anchor": "created_at", "seconds": seconds} for seconds in (3599, 0, -1, 2_592_001, "soon")),
        {"anchor": "last_active_at", "seconds": 3600},
        {"anchor": "", "seconds": 3600},
        {"anchor": "created_at"},
        {"seconds": 3600},
    ]
    for expiry in kept:
        if file_id := _kept(api, "short-lived.txt", TABLE, **expiry):
            api.call("retrieveFile", file_id=file_id)
    file(api, "long-lived.txt", TABLE, "user_data")
    for expiry in broken:
        api.send("createFile", upload("refused.txt", TABLE, "user_data", **expiry))
    api.call("listFiles", query={"purpose": "user_data", "limit": 20})


def test_expired(api: Driver) -> None:
    """A file whose time has passed."""
    expiry: dict[str, Any] = {"anchor": "created_at", "seconds": 3600}
    made = api.call("createFile", upload("short-lived.txt", TABLE, "user_data", **expiry))
    api.let_expire(made)
    api.send("retrieveFile", file_id=made["id"])
    api.send("downloadFile", file_id=made["id"])
    api.send("listFiles", query={"purpose": "user_data"})


def test_refused(api: Driver) -> None:
    """Uploads without a file, without a purpose, for a purpose that there is none of, and such as are no form."""
    first = file(api, "first.txt", TABLE)
    content = Part("file", TABLE.encode(), "refused.txt")
    purpose = field("purpose", "assistants")
    for purposeless in ("assistants_output", "retrieval", "", "Assistants"):
        api.send("createFile", upload("refused.txt", TABLE, purposeless))
    for form in (Form((purpose,)), Form((content,)), Form((purpose, content, field("colour", "blue")))):
        api.send("createFile", form)
    api.send("createFile", {"purpose": "assistants", "file": TABLE})
    api.send("createFile", {})
    api.send("createFile")
    api.call("listFiles", query={"order": "asc", "after": first})


def test_unknown(api: Driver) -> None:
    """Whatever is asked of a file that does not exist."""
    for operation in ("retrieveFile", "downloadFile", "deleteFile"):
        api.send(operation, file_id=UNKNOWN)


def test_pages(api: Driver) -> None:
    """Files in pages around those of one's own, in both orders, and limits and orders that there are none of."""
    made = files(api, 4)
    first, last = made[0], made[-1]
    for query in (
        {"order": "asc", "after": first, "limit": 3},
        {"order": "asc", "after": first, "limit": 2},
        {"order": "asc", "after": last},
        {"order": "desc", "after": last, "limit": 2},
        {"limit": 1},
        {"limit": 10_000, "purpose": "evals"},
        {"limit": 0},
        {"limit": -1},
        {"limit": 10_001},
        {"order": "up"},
        {"purpose": "assistants", "limit": 2},
        {"purpose": "vision"},
        {"purpose": "no such purpose"},
        {"after": UNKNOWN},
    ):
        api.send("listFiles", query=query)
    api.call("deleteFile", file_id=made[1])
    api.send("listFiles", query={"order": "asc", "after": made[1], "limit": 2})


def test_order(api: Driver) -> None:
    """Files of several seconds among whatever else there is, from the newest on and behind the first."""

    def uploaded(number: int) -> dict[str, Any]:
        return dict(api.call("createFile", upload(f"second-{number}.txt", f"{number}\n", "user_data")))

    made = spread(api, uploaded)
    api.call("listFiles", query={"limit": len(made)})
    api.call("listFiles", query={"limit": len(made), "order": "asc", "after": made[0]["id"]})


def test_walks(api: Driver) -> None:
    """Walks over the files of a purpose, page by page."""
    for number in range(4):
        file(api, f"item-{number}.jsonl", PURPOSES["evals"][1], "evals")
    for order in ("asc", "desc"):
        api.walk("listFiles", query={"purpose": "evals", "order": order, "limit": 2})
