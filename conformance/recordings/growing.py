"""Recordings that grow by an exchange at a time, and can be read after each: JSON lines, HAR, and cassettes.

Each is a head, the entries, and a tail that the next entry is written over in one write. What was added is on disk
whatever becomes of the process. Nothing is written that was not redacted first.
"""

import json
from base64 import b64encode
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from io import FileIO
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl

from conformance.evidence.safe_files import NotWritten, make_folder, reason, refuse_secrets
from conformance.evidence.secrets import REDACTED, find_secrets
from conformance.recordings import cassette, cassette_metadata
from conformance.recordings.recording import Session
from conformance.trace.exchange import NOT_KEPT, Exchange, Request
from conformance.trace.trace import Trace

MOST_UNANSWERED = 200
"""Exchanges without an answer that a cassette keeps: they stand in its tail, which is written again each time."""


class Layout(Protocol):
    """What a format is made of. `entry` is None for what stands in the tail instead."""

    head: str
    separator: str

    def entry(self, exchange: Exchange) -> str | None:
        """An exchange as text."""
        ...

    def tail(self, *, empty: bool) -> str:
        """What ends the file, after entries or after none."""
        ...


class Lines:
    """One exchange a line, as docs/recordings.md shows them."""

    head, separator = "", ""

    def entry(self, exchange: Exchange) -> str:
        """One object on one line."""
        return json.dumps(_line(exchange), ensure_ascii=False, separators=(",", ":")) + "\n"

    def tail(self, *, empty: bool) -> str:
        """Nothing: each line stands for itself."""
        return ""


class Har:
    """An HTTP Archive 1.2; what it has no member for stands under names that begin with an underscore."""

    head = '{"log":{"version":"1.2","creator":{"name":"assistants-conformance","version":""},"entries":[ '
    separator = "\n,"

    def entry(self, exchange: Exchange) -> str:
        """One entry of the log."""
        return json.dumps(_har_entry(exchange), ensure_ascii=False, separators=(",", ":"))

    def tail(self, *, empty: bool) -> str:
        """The end of the list."""
        return "\n]}}\n"


class Cassette:
    """A cassette of ours (`conformance.recordings.cassette`), which vcrpy reads."""

    head, separator = f"version: {cassette.CASSETTE_VERSION}\ninteractions:", ""

    def __init__(self, base_path: str | None) -> None:
        self._session = cassette_metadata.of_session(Session(base_path, live=True))
        self._unanswered: list[dict[str, Any]] = []

    def entry(self, exchange: Exchange) -> str | None:
        """One interaction; one without a response stands in the tail."""
        made = cassette.interaction(exchange)
        if exchange.response is None:
            self._unanswered = [*self._unanswered, made][:MOST_UNANSWERED]
            return None
        return "\n" + _part([made]).rstrip("\n")

    def tail(self, *, empty: bool) -> str:
        """What is known of the trace besides its interactions."""
        kept = {cassette_metadata.KEY: {**self._session, "unanswered": self._unanswered}}
        return (" []\n" if empty else "\n") + _part(kept)


def _part(value: Any) -> str:
    """A part of a YAML document, without the mark of its end that libyaml writes behind some texts."""
    return cassette.as_yaml(value).removesuffix("...\n")


SUFFIXES = (".jsonl", ".har", ".yaml", ".yml")
"""How the name of a recording may end, which tells its format."""


def layout(path: Path, base_path: str | None) -> Layout:
    """The format that the name of a file tells; raises `NotWritten`."""
    match path.suffix.lower():
        case ".jsonl":
            return Lines()
        case ".har":
            return Har()
        case ".yaml" | ".yml":
            return Cassette(base_path)
    raise NotWritten(path, f"its name tells no format; let it end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")


class GrowingRecording:
    """A new file that takes redacted exchanges; raises `NotWritten`, also where there is a file of that name."""

    def __init__(self, path: Path, base_path: str | None = None) -> None:
        self.path = path
        self._layout = layout(path, base_path)
        make_folder(path.parent)
        try:
            self._file = FileIO(path, "x")
        except FileExistsError:
            raise NotWritten(path, "there is such a file; name another one, so that none is lost") from None
        except OSError as problem:
            raise NotWritten(path, reason(problem)) from problem
        self._entries, self._end, self._tail = 0, 0, b""
        self._write(self._layout.head, self._layout.tail(empty=True))

    def add(self, exchange: Exchange) -> None:
        """Write an exchange. Where that fails (`NotWritten`, `SecretsLeft`), the file holds what it held before."""
        for text in (Lines().entry(exchange), *_hidden_texts(exchange)):  # whether it is an entry or part of the tail
            refuse_secrets(self.path, text)
        entry = self._layout.entry(exchange)
        entries = self._entries + (entry is not None)
        separator = self._layout.separator if self._entries and entry else ""
        self._write(separator + (entry or ""), self._layout.tail(empty=not entries))
        self._entries = entries

    def close(self) -> None:
        """Close the file; calling it again does nothing."""
        self._file.close()

    def _write(self, entry: str, tail: str) -> None:
        """Write over the last tail. Without a buffer: what is written is there whatever becomes of this process."""
        kept = entry.encode("utf-8", "backslashreplace")
        end = tail.encode("utf-8", "backslashreplace")
        waiting = memoryview(kept + end)
        before = self._end
        try:
            self._file.seek(before)
            while waiting:
                waiting = waiting[self._file.write(waiting) or 0 :]
            if tail:
                self._file.truncate()
        except OSError as problem:
            with suppress(OSError):
                self._file.seek(before)
                self._file.write(self._tail)  # which stood there, so that there is room for it
                self._file.truncate(before + len(self._tail))
            raise NotWritten(self.path, reason(problem)) from problem
        self._end, self._tail = before + len(kept), end


def without_secrets(exchange: Exchange) -> Exchange:
    """An exchange as it may be written, as far as anybody can tell; `GrowingRecording.add` looks again."""
    (clean,) = cassette.redacted(Trace("", (exchange,))).exchanges
    return clean


def with_nothing_but_its_path(exchange: Exchange) -> Exchange:
    """What is left to write of an exchange in which a secret survived: that it was, and where it went.

    Method and path are left out too where they hold a secret.
    """
    method, url = exchange.request.method, exchange.request.url.partition("?")[0]
    if find_secrets(f"{method} {url}"):
        parts = exchange.request.parts
        method, url = REDACTED.upper(), f"{parts.scheme}://{parts.netloc}/{REDACTED}"
    failure = f"{NOT_KEPT}: a secret survived the redaction"
    return replace(exchange, request=Request(method, url), response=None, failure=failure)


def _hidden_texts(exchange: Exchange) -> Iterable[str]:
    """The bodies that stand in a file as base64, where a search for secrets would not see into them."""
    for body in (exchange.request.body, exchange.response.body if exchange.response else b""):
        if _text(body) is None:
            yield body.decode("latin-1")


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _took(exchange: Exchange) -> float:
    return round((exchange.ended or 0.0) - (exchange.started or 0.0), 6)


def _line(exchange: Exchange) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    row: dict[str, Any] = {
        "number": exchange.number,
        "method": request.method,
        "url": request.url,
        "status": response.status if response else None,
        "started_at": exchange.date.isoformat() if exchange.date else None,
        "seconds": _took(exchange),
        "request_headers": request.headers,
        **_body("request", request.body),
    }
    if response is not None:
        row |= {"response_headers": response.headers, **_body("response", response.body), "complete": response.complete}
        if response.arrivals:
            row["arrivals"] = response.arrivals
    return row if exchange.failure is None else {**row, "failure": exchange.failure}


def _body(side: str, body: bytes) -> dict[str, str]:
    text = _text(body)
    return {f"{side}_base64": b64encode(body).decode()} if text is None else {f"{side}_body": text}


def _har_entry(exchange: Exchange) -> dict[str, Any]:
    request, response, took = exchange.request, exchange.response, 1000 * _took(exchange)
    media_type = request.headers.get("content-type") or ""
    sent = {"postData": {"mimeType": media_type, **_content(request.body)}} if request.body else {}
    common: dict[str, Any] = {"httpVersion": "HTTP/1.1", "cookies": [], "headersSize": -1}
    answer: dict[str, Any] = {"status": 0, "statusText": "", "headers": [], "content": {"size": 0, "mimeType": ""}}
    if response is not None:
        content = {"size": len(response.body), "mimeType": response.headers.get("content-type") or ""}
        answer |= {
            "status": response.status,
            "headers": _pairs(response.headers),
            "content": {**content, **_content(response.body)},
            "_complete": response.complete,
        }
        if response.arrivals:
            answer["_arrivals"] = response.arrivals
    if exchange.failure is not None:
        answer["_error"] = exchange.failure
    return {
        "_number": exchange.number,
        "startedDateTime": exchange.date.isoformat() if exchange.date else None,
        "time": round(took, 3),
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": _pairs(request.headers),
            "queryString": _pairs(parse_qsl(request.url.partition("?")[2], keep_blank_values=True)),
            "bodySize": len(request.body),
            **common,
            **sent,
        },
        "response": {"redirectURL": "", "bodySize": -1, **common, **answer},
        "cache": {},
        "timings": {"send": 0, "wait": round(took, 3), "receive": 0},
    }


def _content(body: bytes) -> dict[str, str]:
    text = _text(body)
    return {"text": b64encode(body).decode(), "encoding": "base64"} if text is None else {"text": text}


def _pairs(fields: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in fields]
