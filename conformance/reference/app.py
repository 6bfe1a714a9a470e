"""The reference endpoint as an ASGI application: routes, answers, headers."""

import json
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.reference import errors
from conformance.reference.clock import Clock
from conformance.reference.endpoint import Endpoint
from conformance.reference.operation import Download, Operation, Stream, admit, check_key
from conformance.reference.operations import all_operations
from conformance.reference.settings import Settings

BASE_PATH = "/v1"
# What a poller is advised to wait, in milliseconds: what is worked on here is soon done.
POLL_AFTER = "20"
POLLED = ("thread.run", "vector_store", "vector_store.file", "vector_store.file_batch")


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Starlette:
    """A reference endpoint of its own, with nothing in it. `app.state.endpoint` is the `Endpoint` behind it."""
    endpoint = Endpoint(settings or Settings(), clock)
    routes = [
        Route(BASE_PATH + operation.path, _answering(endpoint, operation), methods=[operation.method])
        for operation in all_operations(endpoint)
    ]
    if endpoint.settings.control:
        routes.append(Route("/_reference/clock", _clock_control(endpoint), methods=["POST"]))
        routes.append(Route("/_reference/{kind}/{name}/expire", _expiry_control(endpoint), methods=["POST"]))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        endpoint.engine.shut_down()
        endpoint.indexer.shut_down()

    async def misrouted(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, HTTPException)
        return _refusal(_misrouted(request, problem.status_code, routes, endpoint.settings.api_key))

    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: misrouted})
    app.router.redirect_slashes = False
    app.add_middleware(_ResponseHeaders, endpoint=endpoint)
    app.state.endpoint = endpoint
    return app


class _ResponseHeaders:
    """Puts the service's headers on every answer, and answers 500 where the endpoint itself breaks."""

    def __init__(self, app: ASGIApp, endpoint: Endpoint) -> None:
        self._app = app
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = self._endpoint.clock.exact()
        request_id = self._endpoint.ids.request()
        answered = False

        async def send_with_headers(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                headers = MutableHeaders(scope=message)
                headers["openai-organization"] = "reference"
                headers["openai-processing-ms"] = str(max(1, round((self._endpoint.clock.exact() - started) * 1000)))
                headers["openai-version"] = "2020-10-01"
                headers["x-content-type-options"] = "nosniff"
                headers["x-request-id"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            pass
        except Exception:
            traceback.print_exc(file=sys.stderr)
            if not answered:
                await _refusal(errors.server_error(request_id))(scope, receive, send_with_headers)


def _answering(endpoint: Endpoint, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            call = await admit(request, operation, endpoint.settings)
            endpoint.engine.expire_due()
            endpoint.indexer.expire_due()
            answer = operation.handler(call)
        except errors.ApiError as refused:
            return _refusal(refused)
        if isinstance(answer, Stream):
            return StreamingResponse(_frames(answer), media_type="text/event-stream")
        if isinstance(answer, Download):
            return _attachment(answer)
        return _json(answer, {"openai-poll-after-ms": POLL_AFTER} if answer.get("object") in POLLED else {})

    return answer


async def _frames(stream: Stream) -> AsyncIterator[bytes]:
    try:
        async for data in stream.subscription.frames():
            yield data
    finally:
        stream.leave()


def _json(value: Any, headers: dict[str, str], status: int = 200) -> Response:
    """JSON as the real service writes it: indented by two, not escaped, and without a charset."""
    body = json.dumps(value, ensure_ascii=False, indent=2).encode()
    return Response(body, status, {"content-type": "application/json", **headers})


def _attachment(file: Download) -> Response:
    headers = {"content-disposition": f"attachment; filename*=utf-8''{quote(file.filename, safe='')}"}
    return Response(file.content, 200, headers, "application/octet-stream")


def _refusal(refused: errors.ApiError) -> Response:
    return _json(refused.body, refused.headers, refused.status)


def _misrouted(request: Request, status: int, routes: list[Route], api_key: str | None) -> errors.ApiError:
    try:
        check_key(request, api_key)
    except errors.ApiError as refused:
        return refused
    path = request.url.path
    if status == 405:
        allowed = {method for route in routes if route.path_regex.match(path) for method in route.methods or ()}
        return errors.wrong_method(request.method, path, ", ".join(sorted(allowed)))
    return errors.unknown_url(request.method, path)


def _clock_control(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def control(request: Request) -> Response:
        try:
            endpoint.clock.advance(float((await request.json())["advance"]))
        except (ValueError, KeyError, TypeError):
            return _json({"error": 'expected {"advance": SECONDS}'}, {}, 400)
        endpoint.engine.expire_due()
        endpoint.indexer.expire_due()
        return _json({"now": endpoint.clock.now()}, {})

    return control


def _expiry_control(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def control(request: Request) -> Response:
        kind, name = request.path_params["kind"], request.path_params["name"]
        if not endpoint.expire(kind, name):
            return _json({"error": f"{kind} has no {name} whose time could end"}, {}, 404)
        return _json({"id": name}, {})

    return control
