"""What a staged server answers: plain JSON, a stream of events, a broken connection, or a changed answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Seen:
    """A request that came. Its path has no base path, its headers have lower-case names.

    `size` is that of the whole body, of which only the beginning may have been kept; `count` is how many requests of
    the same entry of the plan came so far, this one included.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    size: int
    count: int = 1

    @property
    def json(self) -> Any:
        """The body as JSON; None where it is something else."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True)
class Json:
    """A JSON answer."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stream:
    """An event stream, frame by frame. `cut` breaks the connection where it would end."""

    frames: tuple[bytes, ...]
    cut: bool = False


@dataclass(frozen=True)
class Changed:
    """The reference endpoint's own JSON answer with some values replaced."""

    values: Mapping[str, Any]
    without: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


Reply: TypeAlias = Json | Stream | Changed
Answer: TypeAlias = Reply | Sequence[Reply] | Callable[[Seen], Reply | None]
Plan: TypeAlias = Mapping[str, Answer]
"""`METHOD /path/*` (a star is one segment) to what is answered; of a sequence the last is repeated."""


def route(pattern: str, method: str, path: str) -> bool:
    """Whether a pattern such as `GET /threads/*/runs` means this request."""
    wanted, _, segments = pattern.partition(" ")
    if wanted not in ("*", method):
        return False
    expected, actual = segments.strip("/").split("/"), path.strip("/").split("/")
    if expected[-1] == "**":
        expected, actual = expected[:-1], actual[: len(expected) - 1]
    return len(expected) == len(actual) and all(one in ("*", two) for one, two in zip(expected, actual, strict=True))


def refusal(status: int, message: str, *, code: str | None = None, param: str | None = None) -> Json:
    """An error answer in the service's envelope."""
    kind = "rate_limit_error" if status == 429 else "server_error" if status >= 500 else "invalid_request_error"
    return Json({"error": {"message": message, "type": kind, "param": param, "code": code}}, status)


def listing(*items: Any, more: bool = False) -> Json:
    """One page of a list."""
    first, last = (items[0]["id"], items[-1]["id"]) if items else (None, None)
    return Json({"object": "list", "data": list(items), "first_id": first, "last_id": last, "has_more": more})


def frame(name: str | None, data: Any) -> bytes:
    """One event of a stream; None leaves its name out."""
    told = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return (f"event: {name}\n" if name else "").encode() + f"data: {told}\n\n".encode()


DONE = frame("done", "[DONE]")
