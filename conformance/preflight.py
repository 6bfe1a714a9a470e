"""One look at a target before a run: can it be reached, and is it an API at all?"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from conformance.endpoint import Endpoint
from conformance.target import PLACEHOLDER_KEY, Target
from conformance.wire.exchange import Exchange, Response
from conformance.wire.tap import Tap

PROBE = "/assistants?limit=1"


def problem_with(target: Target) -> str | None:
    """Why a run against this target makes no sense, in words that say what to do; None where it does."""
    exchange = _look(target)
    response = exchange.response
    if response is None:
        return f"{target.url} cannot be reached: {_explain(exchange.failure or '', target)}"
    if response.status in (401, 403):
        if target.key == PLACEHOLDER_KEY:
            variable = target.profile.api_key_env or "a variable"
            return f"{target.url} wants an API key: set {variable}, or name one with --api-key-env"
        return f"{target.url} refuses the API key that was given ({response.status})"
    if _is_html(response) or 300 <= response.status < 400:
        kind = "a web page" if _is_html(response) else f"a redirect to {response.headers.get('location')}"
        return f"{target.url} answers {kind}, not JSON: name the base URL of the API{_better(target)}"
    if response.status == 404 and (better := _better(target)):
        return f"{target.url} does not know /assistants{better}"
    return None


def _look(target: Target) -> Exchange:
    endpoint = Endpoint(target, Tap())
    try:
        return endpoint.send("GET", PROBE)
    finally:
        endpoint.close()


def _better(target: Target) -> str:
    """A hint at the usual path, where it answers better."""
    if urlsplit(target.url).path not in ("", "/"):
        return ""
    response = _look(replace(target, url=target.url.rstrip("/") + "/v1")).response
    if response is not None and response.status < 500 and response.status != 404 and not _is_html(response):
        return f"; {target.url}/v1 does answer as one"
    return ", which usually ends in /v1"


def _is_html(response: Response) -> bool:
    return response.headers.media_type == "text/html" or response.body[:64].lstrip()[:1] == b"<"


def _explain(failure: str, target: Target) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in failure:
        return f"its TLS certificate is not trusted ({failure}); set SSL_CERT_FILE to the right authority"
    if "SSL" in failure or "TLS" in failure:
        return f"{failure}; does the port speak {urlsplit(target.url).scheme}?"
    if "time limit" in failure or "deadline" in failure:
        return f"{failure} ({target.timeout:g} s, see --timeout)"
    return failure
