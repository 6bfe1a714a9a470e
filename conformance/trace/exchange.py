"""One request and its response as they went over the wire."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from datetime import date as calendar_day
from email.utils import parsedate_to_datetime
from functools import cached_property
from urllib.parse import SplitResult, parse_qsl, urlsplit

from conformance.trace.dialect import API_VERSION, documented_day
from conformance.trace.event import Event, parse_events
from conformance.trace.folding import Folded, fold
from conformance.trace.json import Json, NotJson, parse_json

CLOSED_BY_CLIENT = "closed by the client"
"""The failure of an exchange whose body the client itself stopped reading."""
NOT_KEPT = "not kept"
"""How the failure of an exchange begins of which the recorder could not keep the answer: the endpoint gave it."""


class Headers(tuple[tuple[str, str], ...]):
    """Header fields in wire order; look-ups ignore case."""

    @cached_property
    def _first(self) -> dict[str, str]:
        return {name.lower(): value for name, value in reversed(self)}

    def get(self, name: str) -> str | None:
        """The first value of `name`, or None."""
        return self._first.get(name.lower())

    def all(self, name: str) -> list[str]:
        """Every value of `name`, in wire order."""
        wanted = name.lower()
        return [value for key, value in self if key.lower() == wanted]

    @cached_property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case; empty where none was sent."""
        return (self.get("content-type") or "").split(";")[0].strip().lower()


NO_HEADERS = Headers()
# What stands in front of an endpoint gives these itself, in whatever format it likes (520 to 530: Cloudflare), and the
# others as a page for browsers.
_OF_GATEWAYS = frozenset({407, 408, 421, 499, 502, 503, 504, *range(520, 531)})
_PAGES_OF_GATEWAYS = frozenset({403, 413, 414, 429, 431, 500})
_PLAIN_URL = re.compile(r"https?://[\w.-]+(?::[0-9]+)?(/[\w./~%-]*)(?:\?[\w.~%&=\[\]-]*)?\Z", re.ASCII)


@dataclass(frozen=True)
class Request:
    """What was sent. `body` is the raw bytes."""

    method: str
    url: str
    headers: Headers = NO_HEADERS
    body: bytes = b""

    @cached_property
    def parts(self) -> SplitResult:
        """The split URL; raises ValueError for one that cannot be split."""
        return urlsplit(self.url)

    @cached_property
    def path(self) -> str:
        """The path of the URL, without the query."""
        plain = _PLAIN_URL.match(self.url)  # most are plain, and asking for the path is done for every exchange
        try:
            return plain[1] if plain else self.parts.path
        except ValueError:
            return ""  # it cannot be split, and is for no path of the API

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """Query parameters, each with all its values."""
        values: dict[str, list[str]] = {}
        if "?" not in self.url:
            return values
        try:
            pairs = parse_qsl(self.parts.query, keep_blank_values=True)
        except ValueError:
            return values
        for name, value in pairs:
            values.setdefault(name, []).append(value)
        return values

    @property
    def is_azure(self) -> bool:
        """Whether the request speaks Azure's dialect, which names its version in the query."""
        return API_VERSION in self.url and API_VERSION in self.query

    @cached_property
    def json(self) -> Json:
        """The parsed body, or None where it is empty or not JSON (a request may be broken on purpose)."""
        try:
            return parse_json(self.body) if self.body else None
        except NotJson:
            return None

    @property
    def is_json(self) -> bool:
        """Whether the body is JSON."""
        return self.json is not None or self.body.strip() == b"null"


@dataclass(frozen=True)
class Response:
    """What came back.

    `body` is raw bytes after content decoding. `arrivals` has, for a streamed body, one pair per chunk: seconds since
    the request was sent, and the offset in `body` at which the chunk ends; it is empty where the times are unknown.
    `complete` is False where the body broke off; `body` then holds what had arrived.
    """

    status: int
    headers: Headers = NO_HEADERS
    body: bytes = b""
    arrivals: tuple[tuple[float, int], ...] = ()
    complete: bool = True

    @cached_property
    def json(self) -> Json:
        """The parsed body; raises `NotJson`."""
        return parse_json(self.body)

    @cached_property
    def json_or_none(self) -> Json:
        """The parsed body, or None where it is not JSON."""
        try:
            return self.json
        except NotJson:
            return None

    @property
    def is_of_gateway(self) -> bool:
        """Whether a gateway in front of the endpoint gave it: by its status, or as a page for browsers."""
        page = self.status in _PAGES_OF_GATEWAYS and self.headers.media_type == "text/html"
        return page or self.status in _OF_GATEWAYS

    @property
    def is_unlooked(self) -> bool:
        """Whether it was given without a look at what was asked: no money, too many requests, a failure."""
        return self.status in (402, 429) or self.status >= 500 or self.is_of_gateway

    @cached_property
    def is_stream(self) -> bool:
        """Whether this is a server-sent event stream, by its content type; JSON that is sent as one is none."""
        if self.headers.media_type != "text/event-stream":
            return False
        return not self.body.lstrip().startswith(b"{") or not isinstance(self.json_or_none, dict)

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """The events of a stream in order, with arrival times where those are known; empty for other bodies."""
        return parse_events(self.body, self.arrivals) if self.is_stream else ()

    @cached_property
    def folded(self) -> tuple[Folded, ...]:
        """The events of a stream, deltas that differ in their text alone folded; empty for other bodies."""
        return fold(self.body, self.arrivals) if self.is_stream else ()


@dataclass(frozen=True)
class Exchange:
    """One request and its response.

    `number` counts from 1 within the trace. `started` and `ended` are seconds since the trace began, None where
    unknown. `response` is None where none arrived; `failure` then says why, in words. `date` is when the exchange
    happened (None: unknown); rules with `since` and `until` are chosen by it.
    """

    number: int
    request: Request
    response: Response | None
    started: float | None = None
    ended: float | None = None
    failure: str | None = None
    date: datetime | None = field(default=None)

    @property
    def ok(self) -> bool:
        """Whether a 2xx response arrived."""
        return self.response is not None and 200 <= self.response.status < 300

    @cached_property
    def day(self) -> calendar_day | None:
        """The day by which dated rules are chosen: Azure's api-version tells it before the calendar; None: unknown."""
        if API_VERSION in self.request.url and (documented := documented_day(self.request.query)):
            return documented
        return self.date.date() if self.date else None

    @property
    def is_given_up(self) -> bool:
        """Whether it was not the endpoint that ended it early: the client left, or the recorder kept no answer."""
        return (self.failure or "").startswith((CLOSED_BY_CLIENT, NOT_KEPT))

    @property
    def label(self) -> str:
        """Method and path, as a reader would name the exchange."""
        return f"{self.request.method} {self.request.path}"


def header_date(headers: Headers) -> datetime | None:
    """The moment a response's `Date` header tells, in UTC; None where it is absent or unreadable."""
    value = headers.get("date")
    if value is None:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
