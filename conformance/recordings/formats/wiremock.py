"""WireMock: its journal of requests (`/__admin/requests`), and its mappings, recorded ones among them."""

from collections.abc import Callable, Iterator
from typing import Any

from conformance.recordings import fields, pair
from conformance.recordings.encodings import decoded
from conformance.recordings.recording import Malformed, Row
from conformance.trace.exchange import Request, Response

_URLS = ("absoluteUrl", "url", "urlPath")


def _all_or_one(document: object, member: str, is_one: Callable[[dict[Any, Any]], bool]) -> bool:
    """Whether a document is one of something, or a list of them under a member, which may be empty."""
    if not isinstance(document, dict):
        return False
    items = document.get(member)
    if isinstance(items, list):
        return any(is_one(item) for item in items if isinstance(item, dict)) or (not items and "meta" in document)
    return is_one(document)


def _asks(stored: dict[Any, Any], *names: str) -> bool:
    request = stored.get("request")
    return isinstance(request, dict) and "method" in request and any(name in request for name in names)


def _is_absolute(url: object) -> bool:
    return isinstance(url, str) and not url.startswith("/")


class _Journal:
    """Requests that were served, the newest first, each with when it was received."""

    NAME = "WireMock journal"

    def recognises(self, document: object) -> bool:
        """Whether a parsed document is a journal, or one event of it."""
        return _all_or_one(document, "requests", self._is_event)

    @staticmethod
    def _is_event(stored: dict[Any, Any]) -> bool:
        return _asks(stored, "absoluteUrl") or (_asks(stored, "url") and "responseDefinition" in stored)

    def entries(self, document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """The events of a journal; raises `Malformed`."""
        return fields.places(document.get("requests", [document]), "requests", "request")

    def row(self, stored: dict[Any, Any], number: int, place: str, label: str) -> Row:
        """The row of an event; raises `Malformed`."""
        sent = fields.part(stored, "request", place)
        request = Request(
            fields.text(sent, "method", place).upper(),
            _url(sent, place),
            fields.headers(sent.get("headers"), f"{place}: request"),
            _body(sent, f"{place}: request"),
        )
        answer = stored.get("response") or stored.get("responseDefinition")
        response, remark = pair.attempted(_response, answer, place)
        began = fields.moment(sent.get("loggedDate"))
        started = None if began is None else 0.0
        return pair.row(number, request, response, label, remark=remark, date=began, started=started)


class _Mappings:
    """Answers in store. Nothing tells in which order they were given, so that each is a cassette of its own."""

    NAME = "WireMock mappings"

    def recognises(self, document: object) -> bool:
        """Whether a parsed document is a file of mappings, or one of them."""
        return _all_or_one(document, "mappings", self._is_stub)

    @staticmethod
    def _is_stub(stored: dict[Any, Any]) -> bool:
        names = ("url", "urlPath", "urlPattern", "urlPathPattern", "urlPathTemplate")
        return _asks(stored, *names) and not _is_absolute(stored["request"].get("url")) and "response" in stored

    def entries(self, document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """The mappings of a file; raises `Malformed`."""
        return fields.places(document.get("mappings", [document]), "mappings", "mapping")

    def row(self, stored: dict[Any, Any], number: int, place: str, label: str) -> Row:
        """The row of a mapping; raises `Malformed`."""
        asked = fields.part(stored, "request", place)
        if not any(name in asked for name in _URLS):
            raise Malformed(f"{place}: a pattern in place of a URL")
        request = Request(
            fields.text(asked, "method", place).upper(),
            _url(asked, place),
            fields.headers(_equal_to(asked.get("headers"), f"{place}: request"), f"{place}: request"),
            _expected_body(asked, f"{place}: request"),
        )
        response, remark = pair.attempted(_response, stored.get("response"), place)
        return pair.row(number, request, response, f"{label} {place}", remark=remark)


JOURNAL = _Journal()
MAPPINGS = _Mappings()


def _url(stored: dict[Any, Any], place: str) -> str:
    return fields.url(stored, next((name for name in _URLS if stored.get(name)), "url"), place)


def _response(stored: object, place: str) -> tuple[Response, str]:
    place = f"{place}: response"
    members = fields.mapping(stored, place)
    status = fields.status(members.get("status", 200), place)
    headers = fields.headers(members.get("headers"), place)
    body, remark = decoded(_body(members, place), headers, place)
    return Response(status, headers, body), remark


def _body(stored: dict[Any, Any], place: str) -> bytes:
    if stored.get("bodyFileName"):
        raise Malformed(f"{place}: the body is kept in another file")
    for name in ("bodyAsBase64", "base64Body"):
        if stored.get(name) is not None:
            return fields.from_base64(stored[name], place)
    if stored.get("jsonBody") is not None:
        return fields.from_json(stored["jsonBody"], place)
    return fields.body(stored.get("body"), place)


def _equal_to(stored: object, place: str) -> dict[Any, Any]:
    """The headers that a mapping names with one value; others are patterns."""
    matchers = fields.mapping(stored or {}, f"{place}: headers")
    return {
        name: matcher["equalTo"]
        for name, matcher in matchers.items()
        if isinstance(matcher, dict) and "equalTo" in matcher
    }


def _expected_body(stored: dict[Any, Any], place: str) -> bytes:
    for pattern in fields.sequence(stored.get("bodyPatterns") or [], f"{place}: bodyPatterns"):
        matcher = fields.mapping(pattern, f"{place}: a body pattern")
        if isinstance(matcher.get("equalToJson"), str):
            return fields.body(matcher["equalToJson"], place)
        if "equalToJson" in matcher:
            return fields.from_json(matcher["equalToJson"], place)
        if "binaryEqualTo" in matcher:
            return fields.from_base64(matcher["binaryEqualTo"], place)
        if "equalTo" in matcher:
            return fields.body(matcher["equalTo"], place)
    return b""
