"""Version 1: its operations on the files of assistants and messages, which version 2 does not have."""

import re
from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.trace.index import Index
from conformance.trace.trace import Where

_FILES = re.compile(r"/(?:assistants/[^/]+|threads/[^/]+/messages/[^/]+)/files(?:/[^/]+)?")


def is_of_version_1(path: str, base_path: str | None) -> bool:
    """Whether a path is one of the files of an assistant or a message."""
    return _FILES.fullmatch(path.removeprefix(base_path or "/v1")) is not None


@check("LEGACY-FILES-01")
def files(index: Index) -> Iterator[Observation]:
    """A request for the files of an assistant or a message is answered as one for a path that is not there."""
    for exchange in index.off_surface:
        request, response = exchange.request, exchange.response
        if (
            response is None
            or not is_of_version_1(request.path, index.trace.base_path)
            or "assistants=v1" in (request.headers.get("openai-beta") or "")
        ):
            continue
        if response.status in (401, 403, 429) or response.status >= 500:
            continue
        yield Examined("LEGACY-FILES-01", exchange.number)
        if response.status not in (404, 405):
            yield Finding(
                "LEGACY-FILES-01",
                Where(exchange.number),
                "status 404 or 405: version 2 has no such operation",
                f"status {response.status}",
            )
