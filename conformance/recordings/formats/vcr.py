"""The family of VCR: recorders in many languages that keep lists of pairs of a request and a response.

Ruby's files are often a heap of recordings: VCR appends what a later run sends for the first time, so that
ruby-openai's hold answers of 2023 and 2024 one after the other. `recorded_at` tells them apart.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.recordings import fields, pair
from conformance.recordings.recording import Malformed, Row


@dataclass(frozen=True)
class Vcr:
    """A recorder of that family: how its files are recognised, and where the pairs stand (`member`; None: the file)."""

    NAME: str
    recognises: Callable[[Any], bool]
    member: str | None
    prepared: Callable[[dict[Any, Any], str], dict[Any, Any]] = lambda stored, _: stored

    def entries(self, document: Any) -> Iterator[tuple[str, Any]]:
        """The pairs of a file, each with its place; raises `Malformed`."""
        return fields.places(document if self.member is None else document[self.member], self.member, "interaction")

    def row(self, stored: dict[Any, Any], number: int, place: str, label: str) -> Row:
        """The row of a pair; raises `Malformed`."""
        recorded = fields.moment(stored.get("recorded_at"))
        return pair.read_row(number, self.prepared(stored, place), place, label, recorded)


def _first_pair(document: object) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """(request, response) of the first item of a list that has both; empty where there is none."""
    for item in document if isinstance(document, list) else ():
        if isinstance(item, dict) and isinstance(item.get("request"), dict) and isinstance(item.get("response"), dict):
            return item["request"], item["response"]
    return {}, {}


def _member(document: object, name: str) -> Any:
    return document.get(name) if isinstance(document, dict) else None


def _is_go(document: object) -> bool:
    request, response = _first_pair(_member(document, "interactions"))
    return "uri" not in request and "url" in request and ("code" in response or "duration" in response)


def _is_elixir(document: object) -> bool:
    request, response = _first_pair(document)
    return "url" in request and "status_code" in response and ("type" in response or "binary" in response)


def _of_elixir(stored: dict[Any, Any], place: str) -> dict[Any, Any]:
    """ExVCR sends `request_body`; a body that is not text is a term of Erlang's, in base64."""
    request, response = fields.part(stored, "request", place), stored.get("response")
    request = {**request, "body": request.get("request_body") or request.get("body")}
    if isinstance(response, dict) and response.get("binary") is True:
        response = {**response, "body": _erlang(response.get("body"), f"{place}: response")}
    if isinstance(response, dict) and response.get("type") == "error":
        raise Malformed(f"{place}: no response was recorded")
    return {"request": request, "response": response}


def _erlang(value: object, place: str) -> bytes:
    """The bytes of a binary in Erlang's external term format: 131, `m`, the length in four bytes."""
    term = fields.from_base64(value, place)
    if term[:2] != b"\x83m" or len(term) < 6 or int.from_bytes(term[2:6], "big") != len(term) - 6:
        raise Malformed(f"{place}: the body is not a binary of Erlang's")
    return term[6:]


def _is_php(document: object) -> bool:
    request, response = _first_pair(document)
    return "url" in request and isinstance(response.get("status"), dict | str)


def _is_old_vcrpy(document: object) -> bool:
    request, response = _first_pair(document)
    return {"protocol", "host", "path"} <= request.keys() and "status" in response


def _of_old_vcrpy(stored: dict[Any, Any], place: str) -> dict[Any, Any]:
    """Before its version 1 vcrpy kept the parts of the URL, and headers as sets of pairs."""
    request = fields.part(stored, "request", place)
    host, path = fields.text(request, "host", place), request.get("path") or "/"
    port = request.get("port")
    default = {"http": 80, "https": 443}.get(str(request.get("protocol")))
    where = host if port in (None, default) else f"{host}:{port}"
    headers = request.get("headers")
    if isinstance(headers, list) and len(headers) == 1 and isinstance(headers[0], list) and not _is_pair(headers[0]):
        headers = headers[0]  # the one argument of frozenset()
    return {**stored, "request": {**request, "uri": f"{request.get('protocol')}://{where}{path}", "headers": headers}}


def _is_pair(value: list[Any]) -> bool:
    return len(value) == 2 and all(isinstance(side, str) for side in value)


RUBY = Vcr(
    "VCR cassette (Ruby or R)",
    lambda document: isinstance(document, dict) and "http_interactions" in document,
    "http_interactions",
)
GO = Vcr("go-vcr cassette", _is_go, "interactions")
ELIXIR = Vcr("ExVCR cassette", _is_elixir, None, _of_elixir)
PHP = Vcr("PHP-VCR cassette", _is_php, None)
OLD_VCRPY = Vcr("vcrpy cassette (before version 1)", _is_old_vcrpy, None, _of_old_vcrpy)
