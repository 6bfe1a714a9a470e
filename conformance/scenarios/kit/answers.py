"""What a driver reads in answers that no check has judged yet."""

from textwrap import shorten

from conformance.trace.exchange import Exchange
from conformance.trace.json import Json


def has_failed(exchange: Exchange) -> bool:
    """Whether the server failed; 501 says that there is no such operation."""
    return exchange.response is not None and exchange.response.status >= 500 and exchange.response.status != 501


def items_of(page: dict[str, Json]) -> list[dict[str, Json]]:
    """The items of a page that are objects with an id."""
    data = page.get("data")
    return (
        [item for item in data if isinstance(item, dict) and isinstance(item.get("id"), str)]
        if isinstance(data, list)
        else []
    )


def message_of(body: Json) -> str:
    """The message of an error, to be put behind a sentence; empty where there is none."""
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return f": {shorten(message, 200, placeholder='…')}" if isinstance(message, str) else ""
