"""What a mock server answers: plain JSON, a stream of events, or a broken connection."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from conformance.proof.interception import Request, write_event


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


Reply: TypeAlias = Json | Stream
Planned: TypeAlias = Reply | Sequence[Reply] | Callable[[Request, int], Reply | None]
Plan: TypeAlias = Mapping[str, Planned]
"""`METHOD /path/*` (a star is one segment) to what is answered.

Of a sequence the last is repeated; a function is given the request and how many of its entry came, this one included.
"""


def reply_to(plan: Plan, request: Request, counts: dict[str, int]) -> Reply | None:
    """What a plan answers; None leaves it to the reference endpoint. `counts` are the requests of each entry so far."""
    for pattern, planned in plan.items():
        if matches(pattern, request.method, request.path):
            count = counts[pattern] = counts.get(pattern, 0) + 1
            if isinstance(planned, Json | Stream):
                return planned
            if isinstance(planned, Sequence):
                return planned[min(count, len(planned)) - 1]
            return planned(request, count)
    return None


def matches(pattern: str, method: str, path: str) -> bool:
    """Whether a pattern such as `GET /threads/*/runs` means this request."""
    wanted, _, segments = pattern.partition(" ")
    if wanted not in ("*", method):
        return False
    expected, actual = segments.strip("/").split("/"), path.strip("/").split("/")
    if expected[-1] == "**":
        expected, actual = expected[:-1], actual[: len(expected) - 1]
    return len(expected) == len(actual) and all(a in ("*", b) for a, b in zip(expected, actual, strict=True))


def refusal(status: int, message: str, *, code: str | None = None, param: str | None = None) -> Json:
    """An error answer in the service's envelope."""
    kind = "rate_limit_error" if status == 429 else "server_error" if status >= 500 else "invalid_request_error"
    return Json({"error": {"message": message, "type": kind, "param": param, "code": code}}, status)


def listing(*items: Any, more: bool = False) -> Json:
    """One page of a list."""
    first, last = (items[0]["id"], items[-1]["id"]) if items else (None, None)
    return Json({"object": "list", "data": list(items), "first_id": first, "last_id": last, "has_more": more})


DONE = write_event("done", "[DONE]")
