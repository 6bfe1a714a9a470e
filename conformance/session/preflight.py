"""A look at a target before a run: can it be reached, is it an API at all, and does it accept anything?"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from textwrap import shorten
from urllib.parse import urlsplit

from conformance.client.endpoint import Endpoint
from conformance.client.tap import Tap
from conformance.client.target import PLACEHOLDER_KEY, Target
from conformance.trace.exchange import Exchange, Response
from conformance.trace.json import mapping

PROBE = "/assistants?limit=1"
OTHERS = ("/files", "/vector_stores")
"""What is read where the first look is refused: an endpoint may have a part of the API."""
MESSAGE_LIMIT = 200
STARTING = frozenset({502, 503, 504})
"""What a gateway answers while its server starts."""
LOOK_PAUSE = 0.25
"""Seconds between two looks at a server that starts."""


def problem_with(target: Target, ledger: Path | None = None) -> str | None:
    """Why a run against this target makes no sense, in words that say what to do; None where it does.

    Where all that is read is refused with 400, a thread is made too, noted in the `ledger` and deleted at once.
    """
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
    if response.status == 400 and _refuses_all(target, ledger):
        told = f": {message}" if (message := _message(response)) else ""
        asked = ", ".join(f"GET {path}" for path in ("/assistants", *OTHERS))
        return f"{target.url} refuses {asked} and POST /threads, all with 400{told}"
    return None


def wait_for(target: Target, seconds: float, tell: Callable[[str], None]) -> None:
    """Wait until a target answers, and not as a gateway does whose server is not there yet; at most so many seconds."""
    end, told = time.monotonic() + seconds, False
    while (left := end - time.monotonic()) > 0:
        response = _look(replace(target, timeout=min(target.timeout, left))).response
        if response is not None and response.status not in STARTING:
            return
        if not told:
            tell(f"waiting up to {seconds:g} s for {target.url}")
            told = True
        time.sleep(min(LOOK_PAUSE, max(end - time.monotonic(), 0)))


def _look(target: Target, path: str = PROBE) -> Exchange:
    endpoint = Endpoint(target, Tap())
    try:
        return endpoint.send("GET", path)
    finally:
        endpoint.close()


def _refuses_all(target: Target, ledger: Path | None) -> bool:
    """Whether other plain requests are refused with 400 too, as by a gateway that wants a header of its own."""
    from conformance import contract
    from conformance.client.ledger import Ledger
    from conformance.scenarios.kit.driver import Driver

    if not all(_is_400(_look(target, path)) for path in OTHERS):
        return False
    driver = Driver(target, contract.load(), ledger=Ledger(target.url, ledger, target.secrets))
    try:
        return _is_400(driver.send("createThread", {}))
    finally:
        driver.close()


def _is_400(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status == 400


def _message(response: Response) -> str | None:
    """What a refusal says, wherever gateways put it: Portkey beside `status`, others as `detail`."""
    body = mapping(response.json_or_none)
    error = body.get("error")
    places = (mapping(error).get("message"), error, body.get("message"), body.get("detail"))
    told = next((place for place in places if isinstance(place, str) and place.strip()), None)
    return shorten(told, MESSAGE_LIMIT, placeholder="…") if told else None


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
