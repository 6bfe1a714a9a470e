"""Which endpoint a row was recorded with: its host, the path under which it serves the API, and whose API that is."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from conformance.contract import Contract
from conformance.contract.openapi import Beta, Route
from conformance.recordings.recording import Row
from conformance.trace.dialect import API_VERSION
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json, sequence, text

OFF_SURFACE = "not an operation of the Assistants API"
_UNLIKE = "another API: nothing in its answers is an object of this one"
_MOST_SEGMENTS = 32

# Services with files (and models) of their own under the same paths, and no assistants; who asks one of them with
# `OpenAI-Beta` is judged all the same. The headers are those that only their clients send.
_VENDORS_BY_HOST = {
    "api.anthropic.com": "Anthropic",
    "api.cohere.com": "Cohere",
    "api.fireworks.ai": "Fireworks",
    "api.groq.com": "Groq",
    "api.mistral.ai": "Mistral",
    "api.together.xyz": "Together",
    "api.x.ai": "xAI",
    "generativelanguage.googleapis.com": "Google",
}
_VENDORS_BY_HEADER = {"anthropic-version": "Anthropic", "anthropic-beta": "Anthropic", "x-goog-api-key": "Google"}


class Endpoint(NamedTuple):
    """A host and the path under which it serves the API; None where that is a usual one (`/v1`, `/openai`)."""

    host: str
    base_path: str | None


class Endpoints:
    """The endpoints of a recording. `base_path` is what the caller knows of it, None for finding it out."""

    def __init__(self, rows: Iterable[Row], contract: Contract, base_path: str | None = None) -> None:
        self._contract = contract
        self._given = base_path
        self._first_words = {operation.path.split("/")[1] for operation in contract.operations}
        self._bases: dict[str, dict[str, None]] = {}
        rows = list(rows)
        if base_path is None:
            for row in rows:
                self._look_for_base(row.exchange)
        self._unlike = self._of_another_api(rows)

    def locate(self, exchange: Exchange) -> tuple[Endpoint, Route] | None:
        """The endpoint that was asked, and the operation; None where it was asked for none."""
        request = exchange.request
        for base_path in [self._given] if self._given is not None else [None, *self._bases.get(_host(exchange), ())]:
            route = self._contract.operations.match(request.method, request.path, base_path)
            if route is not None:
                return Endpoint(_host(exchange), base_path), route
        return None

    def foreign(self, exchange: Exchange) -> str | None:
        """Why a row is of another API, told by host, headers and shape; None where it is not."""
        if _claims(exchange):
            return None
        headers = exchange.request.headers
        named = (vendor for header, vendor in _VENDORS_BY_HEADER.items() if headers.get(header) is not None)
        vendor = _VENDORS_BY_HOST.get(_host(exchange)) or next(named, None)
        if vendor is not None:
            return f"another vendor's API ({vendor})"
        found = self.locate(exchange)
        return _UNLIKE if found is not None and found[0] in self._unlike else None

    def _look_for_base(self, exchange: Exchange) -> None:
        """Take note of the base path that a row proves: a path of any depth with an operation of the API behind it.

        Assistants, threads and vector stores are enough; files and models are behind many paths (`/v1/containers/x`
        has files too), so that their answer has to show an object of this API.
        """
        path, method, host = exchange.request.path, exchange.request.method, _host(exchange)
        if self._contract.operations.match(method, path) is not None:
            return
        base = ""
        for word in path.split("/")[1:_MOST_SEGMENTS]:
            if word in self._first_words and base:
                route = self._contract.operations.match(method, path, base)
                if route is not None and (
                    route.operation.beta is not Beta.UNUSED or self._is_answered(exchange, route)
                ):
                    self._bases.setdefault(host, {})[base] = None
                return
            base += f"/{word}"

    def _of_another_api(self, rows: list[Row]) -> set[Endpoint]:
        """The endpoints that answered, never with an object of this API, and were never asked for it by name."""
        like: dict[Endpoint, bool] = {}
        for row in rows:
            found = self.locate(row.exchange)
            if found is None:
                continue
            endpoint, route = found
            if _claims(row.exchange) or self._shows_object(row.exchange) or self._names_ids(route):
                like[endpoint] = True
            elif row.exchange.ok and route.operation.response is not None and route.operation.response.name is not None:
                like.setdefault(endpoint, False)
        return {endpoint for endpoint, known in like.items() if not known}

    def _shows_object(self, exchange: Exchange) -> bool:
        empty_list = any(body.get("object") == "list" and body.get("data") == [] for body in shown(exchange))
        return bool(self._kinds(exchange)) or (exchange.ok and empty_list)

    def _is_answered(self, exchange: Exchange, route: Route) -> bool:
        """Whether the answer shows the kind of object that is under the path of the operation."""
        answers, operations = self._contract.objects.answers, self._contract.operations.by_id
        there = (answers[name].kind for name in answers if operations[name].path == route.operation.path)
        return any(not self._kinds(exchange).isdisjoint(kind.constants) for kind in there)

    def _kinds(self, exchange: Exchange) -> set[str]:
        """The constants of this API's objects that an answer shows, deletions and deltas included."""
        kinds = {text(body.get("object")) or "" for body in shown(exchange)} if exchange.ok else set()
        known = self._contract.objects.by_constant
        return {kind for kind in kinds if kind.removesuffix(".deleted").removesuffix(".delta") in known}

    def _names_ids(self, route: Route) -> bool:
        """Whether the path names an object of assistants or stores in the way of this API (`thread_…`)."""
        prefixes = tuple(prefix for kind in self._contract.objects.kinds for prefix in kind.prefixes)
        own = route.operation.beta is not Beta.UNUSED
        return own and any(value.startswith(prefixes) for value in route.path_params.values())


def shown(exchange: Exchange) -> Iterator[dict[str, Json]]:
    """The objects that a plain answer, its list or its stream is made of, a list itself first."""
    response = exchange.response
    if response is None:
        return
    bodies = [event.json_or_none for event in response.events] if response.is_stream else [response.json_or_none]
    for body in bodies:
        if isinstance(body, dict):
            yield body
            yield from (item for item in sequence(body.get("data")) if isinstance(item, dict))


def _claims(exchange: Exchange) -> bool:
    """Whether the request asks for this API by name, or the answer says that it is OpenAI's."""
    headers = exchange.response.headers if exchange.response else ()
    return (
        exchange.request.headers.get("openai-beta") is not None
        or API_VERSION in exchange.request.query
        or _host(exchange) == "api.openai.com"
        or any(name.lower().startswith("openai-") for name, _ in headers)
    )


def _host(exchange: Exchange) -> str:
    try:
        return exchange.request.parts.hostname or ""
    except ValueError:
        return ""
