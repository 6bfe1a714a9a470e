"""Recorded sessions of the real service, sent again to the reference endpoint with its own ids instead of theirs."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from conformance.reference.script import FOREVER, FunctionCall, Script
from conformance.trace.event import parse_events

ROOT = Path(__file__).resolve().parents[2]
ID = re.compile(
    r"\b(?:(?:asst|thread|msg|run|step|call)_[A-Za-z0-9]{24}|vs_[A-Za-z0-9]{24,32}|vsfb_\w{32,40}|file-[A-Za-z0-9]{22,24})\b"
)
SURFACE = re.compile(r"^/v1/(?:assistants|threads|files|vector_stores)\b")
WITHOUT_HEADER = re.compile(r"^/v1/(?:files|vector_stores)\b")
"""Operations that real clients call without `OpenAI-Beta`."""

PACED = ("thread.run", "vector_store", "vector_store.file", "vector_store.file_batch")
"""Objects whose status moves on by itself: a client that saw one waited for it, or came early."""
TELLING = ("object", "type", "status", "role", "model", "instructions", "tools", "metadata", "temperature", "top_p")
SINCE_LATER = {
    # Keys that the service added between the first recordings and the newest.
    "reasoning_effort": "2025-03",
    "parallel_tool_calls": "2024-06-08",
    "strict": "2025-01",
    "prompt_token_details": "2024-10",
    "completion_tokens_details": "2024-10",
    "description": "2025-11",
    "chunking_strategy": "2024-08",
    "attributes": "2025-03",
    "expires_at": "2025-07",
}


def recordings() -> Path | None:
    """The folder with the recordings; None where there is none."""
    folder = Path(os.environ.get("CONFORMANCE_RECORDINGS") or ROOT.parent / "shared" / "recordings") / "exchanges"
    return folder if folder.is_dir() else None


@dataclass(frozen=True)
class Recorded:
    """One recorded exchange; `name` is how exclusions call it."""

    name: str
    method: str
    path: str
    body: Any
    status: int
    answer: Any
    moment: float
    media_type: str = "application/json"

    @property
    def events(self) -> list[tuple[str, Any]]:
        """The names and data of a stream's events, without its sentinel; empty for plain JSON."""
        if not isinstance(self.answer, str) or not self.answer.startswith("event:"):
            return []
        events = parse_events(self.answer.encode())
        return [(event.name or "", event.json) for event in events if not event.is_done]

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Every object that the answer shows."""
        if self.events:
            return [data for _, data in self.events]
        if isinstance(self.answer, dict):
            return [self.answer, *(item for item in self.answer.get("data", []) if isinstance(item, dict))]
        return []


def load(folder: Path) -> dict[str, list[Recorded]]:
    """The core sessions of version 2 by name: one for each recording file, ruby-openai's files together.

    ruby-openai keeps each request of a session in a file of its own, so its files only make sense together.
    """
    sessions: dict[str, list[Recorded]] = {}
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            path = re.sub(r"^https://api\.openai\.com", "", row["url"])
            versions = ("v2", None) if WITHOUT_HEADER.match(path) else ("v2",)
            if row["api_version"] not in versions or not SURFACE.match(path):
                continue
            source = row["source"]
            if source.get("suspect_handwritten") or row.get("suspect_handwritten"):
                continue
            stem = Path(source["path"]).stem
            session = "ruby-openai" if "ruby-openai" in source["repo"] else f"{source['repo'].split('/')[1]} {stem}"
            answer = row["response_body"] if not row["is_stream"] else row.get("response_text") or row["response_body"]
            recorded = Recorded(
                name=f"{stem}[{source['entry']}]",
                method=row["method"],
                path=path,
                body=row["request_body"],
                status=row["status"],
                answer=answer,
                moment=_moment(row["recorded_at"]),
                media_type=next((v for k, v in row["request_headers"].items() if k.lower() == "content-type"), ""),
            )
            sessions.setdefault(session, []).append(recorded)
    # Times have whole seconds: within one, what is nearer to the root was created first.
    sessions.get("ruby-openai", []).sort(key=lambda each: (each.moment, each.path.count("/"), each.method == "GET"))
    return sessions


def _moment(told: str) -> float:
    """When an exchange was recorded; 0 where the recorder left it out."""
    try:
        return parsedate_to_datetime(told).timestamp()
    except (TypeError, ValueError):
        return 0.0


def scripts(session: list[Recorded]) -> Iterator[Script]:
    """What the model has to do in each run that the session creates, so that it ends as it was recorded to end."""
    for recorded in session:
        if recorded.status == 200 and recorded.method == "POST" and recorded.path.split("?")[0].endswith("/runs"):
            shown = recorded.objects
            run_id = next(each["id"] for each in shown if each["object"] == "thread.run")
            yield _script(run_id, session)


def _script(run_id: str, session: list[Recorded]) -> Script:
    seen = [(recorded, each) for recorded in session for each in recorded.objects]
    sights = [
        (recorded, each) for recorded, each in seen if each.get("object") == "thread.run" and each["id"] == run_id
    ]
    runs = [run for _, run in sights]
    read = [run["status"] for recorded, run in sights if recorded.method == "GET"]
    calls = next(
        (run["required_action"]["submit_tool_outputs"]["tool_calls"] for run in runs if run["required_action"]), []
    )
    texts = [
        "\n".join(part["text"]["value"] for part in each["content"])
        for _, each in seen
        if each.get("object") == "thread.message" and each.get("run_id") == run_id and each["content"]
    ]
    tools = {
        call["type"]
        for _, each in seen
        if each.get("object") == "thread.run.step" and each.get("run_id") == run_id
        for call in each["step_details"].get("tool_calls", [])
    }
    ended = any(run["status"] in ("completed", "incomplete") for run in runs)
    return Script(
        say=texts[-1] if texts and not read else None,
        call=tuple(FunctionCall(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls)
        or None,
        search="file_search" in tools,
        code=() if "code_interpreter" in tools else None,
        queue=0.3 if "queued" in read else 0.0,
        slow=FOREVER if not ended else 0.3 if "in_progress" in read else 0.0,
    )


@dataclass
class Replay:
    """Sends a session's requests to another endpoint and keeps which of its ids stand for which recorded ones."""

    http: httpx.Client
    session: list[Recorded]
    ids: dict[str, str] = field(default_factory=dict)

    def translate(self, text: str) -> str:
        """A text with the recorded ids replaced; an id nobody created stays as it is."""
        return ID.sub(lambda match: self.ids.get(match.group(), match.group()), text)

    def supply(self, recorded: Recorded) -> None:
        """Create threads and assistants that the request needs and whose creation was not recorded."""
        needed = recorded.path + json.dumps(recorded.body or {})
        for found in ID.findall(needed):
            if found.startswith("thread_") and found not in self.ids:
                self.ids[found] = self.http.post("/threads", json={}).json()["id"]
            if found.startswith("asst_") and found not in self.ids:
                wanted = {"model": "gpt-4", **self._seen_of_assistant(found)}
                self.ids[found] = self.http.post("/assistants", json=wanted).json()["id"]
            if found.startswith("file-") and found not in self.ids:
                self.ids[found] = self._upload("supplied.txt", b"Supplied.\n", "assistants").json()["id"]
            if found.startswith("vs_") and found not in self.ids:
                self.ids[found] = self.http.post("/vector_stores", json={}).json()["id"]
        self._supply_to_stores(recorded)

    def _supply_to_stores(self, recorded: Recorded) -> None:
        """Put files into vector stores, and make batches, whose adding was not recorded."""
        if not (place := re.match(r"/v1/(vector_stores/vs_\w+)/(files/file-|file_batches/vsfb_)(\w+)", recorded.path)):
            return
        store, kind, rest = place.groups()
        ours = f"/{self.translate(store)}"
        name = kind.rpartition("/")[2] + rest
        if kind.startswith("files/"):
            if self.http.get(f"{ours}/files/{self.translate(name)}").status_code == 404:
                self.http.post(f"{ours}/files", json={"file_id": self.translate(name)})
        elif name not in self.ids:
            one = self._upload("supplied.txt", b"Supplied.\n", "assistants").json()["id"]
            self.ids[name] = self.http.post(f"{ours}/file_batches", json={"file_ids": [one]}).json()["id"]

    def _upload(self, name: str, content: bytes, purpose: str) -> httpx.Response:
        return self.http.post("/files", files={"file": (name, content)}, data={"purpose": purpose})

    def _upload_again(self, recorded: Recorded) -> httpx.Response:
        """An upload as it was recorded, or, where the recorder left the form out, one that makes the same file."""
        if isinstance(recorded.body, str):
            headers = {"Content-Type": recorded.media_type}
            return self.http.post("/files", content=recorded.body.encode(), headers=headers)
        made = recorded.answer
        content = self._seen_of_file(made["id"]) or b"x" * min(made["bytes"], 1 << 20)
        return self._upload(made["filename"], content, made["purpose"])

    def _seen_of_file(self, identifier: str) -> bytes:
        """What searches in the session show of a file's text."""
        calls = [
            call
            for recorded in self.session
            for each in recorded.objects
            for call in (each.get("step_details") or {}).get("tool_calls") or []
        ]
        rows = [row for call in calls for row in (call.get("file_search") or {}).get("results") or []]
        texts = [row["content"][0]["text"] for row in rows if row["file_id"] == identifier and row.get("content")]
        return (texts[0] if texts else "").encode()

    def _seen_of_assistant(self, identifier: str) -> dict[str, Any]:
        """What the session shows of an assistant: itself, else the runs that took over its values."""
        seen = [each for recorded in self.session for each in recorded.objects]
        itself = [each for each in seen if each.get("object") == "assistant" and each["id"] == identifier]
        runs = [each for each in seen if each.get("object") == "thread.run" and each["assistant_id"] == identifier]
        shown = next(iter((*itself, *runs)), {})
        return {name: shown[name] for name in ("name", "model", "instructions", "tools") if name in shown}

    def send(self, recorded: Recorded) -> httpx.Response:
        """Send the request at the pace of the recorded client: run statuses that it saw are awaited."""
        self.supply(recorded)
        path = self.translate(recorded.path).removeprefix("/v1")
        if path == "/files" and recorded.method == "POST":
            response = self._upload_again(recorded)
            self.learn(recorded.answer, response.json())
            return response
        body = json.loads(self.translate(json.dumps(recorded.body))) if recorded.body is not None else None
        if recorded.method == "POST" and (run := re.match(r"/threads/\w+/runs/run_\w+", path)):
            self._await(lambda: self.http.get(run.group()).json()["status"] != "queued")
        if batch := re.match(r"(/vector_stores/\w+/file_batches/\w+)/cancel$", path):
            self._await(lambda: _statuses(self.http.get(batch.group(1)).json()) == _statuses(recorded.answer))
        response = self.http.request(recorded.method, path, json=body)
        if recorded.method == "GET" and recorded.status == 200:
            if isinstance(recorded.answer, dict):
                self._await(lambda: _statuses(self.http.get(path).json()) == _statuses(recorded.answer))
            response = self.http.get(path)
        self.learn(recorded.answer, _answer(response))
        return response

    def _await(self, reached: Callable[[], bool]) -> None:
        for _ in range(500):
            if reached():
                return
            time.sleep(0.002)

    def learn(self, recorded: Any, shown: Any) -> None:
        """Pair the ids of two answers, place by place."""
        if isinstance(recorded, str) and isinstance(shown, str) and recorded.startswith("event:"):
            _pair_streams(self, recorded, shown)
        elif isinstance(recorded, dict) and isinstance(shown, dict):
            for name in recorded.keys() & shown.keys():
                self.learn(recorded[name], shown[name])
        elif isinstance(recorded, list) and isinstance(shown, list):
            for one, other in zip(recorded, shown, strict=False):
                self.learn(one, other)
        elif isinstance(recorded, str) and isinstance(shown, str) and ID.fullmatch(recorded) and ID.fullmatch(shown):
            self.ids.setdefault(recorded, shown)


def _pair_streams(replay: Replay, recorded: str, shown: str) -> None:
    """Pair ids by the event that first shows them: the streams differ in how many deltas they have."""
    first: dict[str, Any] = {}
    for event in reversed(parse_events(shown.encode())):
        if not event.is_done and event.name:
            first[event.name] = event.json
    for event in parse_events(recorded.encode()):
        if not event.is_done and event.name in first:
            replay.learn(event.json, first[event.name])


def _statuses(answer: dict[str, Any]) -> list[str]:
    shown = (answer, *answer.get("data", []))
    return [each["status"] for each in shown if isinstance(each, dict) and each.get("object") in PACED]


def _answer(response: httpx.Response) -> Any:
    return response.json() if response.headers["content-type"] == "application/json" else response.text


def shape(value: Any, *, ordered: bool = True) -> Any:
    """What an answer looks like: keys in order, telling values as they are, else types; each shape of a list once."""
    if isinstance(value, dict):
        items = value.items() if ordered else sorted(value.items())
        return [(name, part if name in TELLING else shape(part, ordered=ordered)) for name, part in items]
    if isinstance(value, list):
        shapes: list[Any] = []
        for item in value:
            if (found := shape(item, ordered=ordered)) not in shapes:
                shapes.append(found)
        return shapes
    if value is None or isinstance(value, bool):
        return value
    return "number" if isinstance(value, int | float) else "string"


def is_ordered(recorded: Any) -> bool:
    """Whether the order of keys says anything: a recorder sorted them, or the service changed it in 2025 (stores)."""
    names = list(recorded) if isinstance(recorded, dict) else []
    return names != sorted(names) and (not names or recorded.get("object") not in ("vector_store", "file", "list"))


def of_its_time(value: Any, recorded: Any) -> Any:
    """An answer without the keys that the recorded answer is too old to have."""
    if isinstance(value, dict) and isinstance(recorded, dict):
        if recorded.get("object") == "file" and recorded.get("status") == "uploaded":
            value = {**value, "status": "uploaded"}  # files of 2023; the field has long been deprecated
        return {
            name: of_its_time(part, recorded.get(name))
            for name, part in value.items()
            if name in recorded or name not in SINCE_LATER
        }
    if isinstance(value, list) and isinstance(recorded, list) and recorded:
        return [of_its_time(item, recorded[min(index, len(recorded) - 1)]) for index, item in enumerate(value)]
    return value
