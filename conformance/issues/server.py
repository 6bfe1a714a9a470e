"""A mock server: the reference endpoint on loopback, with a plan of answers laid over it and a log of what came."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import TracebackType

from starlette.datastructures import MutableHeaders
from starlette.types import Scope

from conformance.issues.plan import Json, Plan, Stream, reply_to
from conformance.proof.interception import (
    Answer,
    ExchangeContext,
    Hooks,
    Interception,
    Request,
    ignore_broken_answers,
    json_headers,
)
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings

POLL_AFTER = "openai-poll-after-ms"
BODY_LIMIT = 262_144


@dataclass(frozen=True)
class LoggedExchange:
    """A request that came and what it was answered with; `answer` is the whole body."""

    request: Request
    status: int
    media_type: str
    answer: bytes
    cut: bool = False
    poll_after: str | None = None
    """What the header openai-poll-after-ms said."""

    @property
    def target(self) -> str:
        """Method, path and query."""
        query = "&".join(f"{name}={value}" for name, values in self.request.query.items() for value in values)
        return f"{self.request.method} {self.request.path}{'?' + query if query else ''}"

    def line(self) -> str:
        """The exchange in one line."""
        return f"{self.target} -> {self.status}"


class MockServer:
    """Serves a plan over the reference endpoint while the block lasts; `url` is the base URL, `log` what happened.

    Raises OSError where no port can be had.
    """

    def __init__(self, plan: Plan, settings: Settings | None = None, *, port: int = 0) -> None:
        ignore_broken_answers()
        self._hooks = _PlanHooks(plan)
        self._server = ReferenceServer(settings, port=port)
        self._server.app.add_middleware(Interception, hooks=self._hooks)

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return self._server.url

    @property
    def log(self) -> tuple[LoggedExchange, ...]:
        """Every answered exchange so far."""
        return tuple(self._hooks.log)

    @property
    def first_request(self) -> float | None:
        """When, on the monotonic clock, the first request came; None before."""
        return self._hooks.first_request

    def __enter__(self) -> MockServer:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()


@dataclass
class _PlanHooks(Hooks):
    plan: Plan
    log: list[LoggedExchange] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    first_request: float | None = None
    body_limit: int | None = BODY_LIMIT

    def scope(self, scope: Scope) -> Scope:
        if self.first_request is None:
            self.first_request = time.monotonic()
        return scope

    def request(self, context: ExchangeContext) -> Answer | None:
        match reply := reply_to(self.plan, context.request, self.counts):
            case Json():
                return Answer(reply.status, json_headers(**reply.headers), reply.body)
            case Stream():
                headers = MutableHeaders({"content-type": "text/event-stream; charset=utf-8"})
                return Answer(200, headers, frames=reply.frames, cut=reply.cut)
        return None

    def complete(self, answer: Answer, context: ExchangeContext) -> None:
        media_type = answer.headers.get("content-type", "")
        advice = answer.headers.get(POLL_AFTER)
        content = answer.content or b""
        self.log.append(LoggedExchange(context.request, answer.status, media_type, content, answer.cut, advice))
