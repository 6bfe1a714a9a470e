"""Flow files of mitmproxy (`mitmdump -w`), through mitmproxy's own reader, which is an optional extra."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from conformance.recordings import fields, pair
from conformance.recordings.document import one_line
from conformance.recordings.encodings import decoded
from conformance.recordings.recording import Malformed, Row
from conformance.trace.exchange import Headers, Request, Response

NAME = "mitmproxy flow file"
HOW = (
    "looks like a mitmproxy flow file: pip install 'assistants-conformance[mitmproxy]',"
    " or export it: mitmdump -nr FILE --set hardump=FILE.har"
)


def recognises(content: bytes) -> bool:
    """Whether bytes begin like such a file: the length of a flow, and that of the first of its members."""
    return re.match(rb"\d{1,12}:\d{1,3}:[a-z_]", content) is not None


def entries(content: bytes) -> Iterator[tuple[str, Any]]:
    """The flows of a file; raises `Malformed` where it breaks off, or mitmproxy is not installed."""
    try:
        from mitmproxy.http import HTTPFlow  # type: ignore[import-not-found]
        from mitmproxy.io import FlowReader  # type: ignore[import-not-found]
    except ImportError:
        raise Malformed(HOW) from None
    flows = FlowReader(io.BytesIO(content)).stream()
    number = 0
    while True:
        number += 1
        try:
            flow = next(flows, None)
        except Exception as problem:  # whatever the reader of another project makes of broken data
            raise Malformed(f"flow {number}: {type(problem).__name__}: {one_line(str(problem))}") from None
        if flow is None:
            return
        if isinstance(flow, HTTPFlow):
            yield f"flow {number}", flow


def row(flow: Any, number: int, place: str, label: str) -> Row:
    """The row of a flow; raises `Malformed`."""
    sent = flow.request
    request = Request(
        fields.text({"method": sent.method}, "method", place).upper(),
        fields.url({"url": sent.url}, "url", place),
        _headers(sent, place),
        decoded(fields.body(sent.raw_content, place), _headers(sent, place), f"{place}: request")[0],
    )
    response, remark = (None, "") if flow.response is None else pair.attempted(_response, flow.response, place)
    failure = None if flow.response is not None else one_line(str(flow.error or "no response was recorded"))
    began, ended = sent.timestamp_start, getattr(flow.response, "timestamp_end", None)
    return pair.row(
        number,
        request,
        response,
        label,
        remark=remark,
        failure=failure,
        date=datetime.fromtimestamp(began, UTC),
        started=0.0,
        ended=fields.seconds(ended - began) if ended else None,
    )


def _response(received: Any, place: str) -> tuple[Response, str]:
    headers = _headers(received, place)
    if received.raw_content is None:
        raise Malformed(f"{place}: response: the body was streamed past the recorder")
    body, remark = decoded(fields.body(received.raw_content, place), headers, f"{place}: response")
    return Response(fields.status(received.status_code, place), headers, body), remark


def _headers(message: Any, place: str) -> Headers:
    return fields.headers([[name.decode("latin-1"), value] for name, value in message.headers.fields], place)
