"""Strategies for traces of any kind that a tap could have kept."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from conformance.trace.exchange import Exchange, Headers, Request, Response
from conformance.trace.trace import Expectation, Trace, Where

URL = "http://endpoint.test/v1/threads"


def exchange(number: int = 1, body: bytes = b"{}", headers: Headers = Headers()) -> Exchange:  # noqa: B008 - immutable
    """A plain exchange; the headers are those of both sides."""
    return Exchange(number, Request("POST", URL, headers, b"{}"), Response(200, headers, body))


texts = st.text(st.characters(codec="utf-8"), max_size=40)
lines = st.text(st.sampled_from("ab :#-'\"|>\t\r\n\x85\u2028\ufeff\x00é🙂{}[]&*!%@`\\"), max_size=40)
tokens = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzAZ-"), min_size=1, max_size=12)
names = tokens.filter(lambda name: name.lower() != "content-encoding")
headers = st.lists(st.tuples(names, lines | texts), max_size=5).map(Headers)
bodies = st.binary(max_size=40) | texts.map(str.encode) | lines.map(str.encode)
seconds = st.floats(0, 1e6, allow_nan=False)
requests = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST", "DELETE", "PATCH"]),
    url=st.sampled_from(["http://localhost:8000/v1/threads", "https://x.test/openai/files?limit=1&after=é"]),
    headers=headers,
    body=bodies,
)


@st.composite
def responses(draw: st.DrawFn) -> Response:
    body = draw(bodies)
    offsets = sorted(draw(st.lists(st.integers(0, len(body)), max_size=4)))
    times = sorted(draw(st.lists(seconds, min_size=len(offsets), max_size=len(offsets))))
    return Response(
        status=draw(st.integers(100, 599)),
        headers=draw(headers),
        body=body,
        arrivals=tuple(zip(times, offsets, strict=True)),
        complete=draw(st.booleans()),
    )


@st.composite
def exchanges(draw: st.DrawFn, number: int) -> Exchange:
    response = draw(st.none() | responses())
    return Exchange(
        number=number,
        request=draw(requests),
        response=response,
        started=draw(st.none() | seconds),
        ended=draw(st.none() | seconds),
        failure=draw(st.none() | texts),
        date=draw(st.none() | st.datetimes(datetime(2020, 1, 1), timezones=st.just(UTC))),
    )


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """A trace with at least one exchange, some of them without a response."""
    numbers = sorted(draw(st.sets(st.integers(1, 50), min_size=1, max_size=4)))
    wheres = st.builds(Where, st.sampled_from(numbers), st.none() | st.integers(1, 9), texts)
    return Trace(
        source="scenario",
        exchanges=tuple(draw(exchanges(number)) for number in numbers),
        base_path=draw(st.none() | st.just("/v1")),
        live=draw(st.booleans()),
        expectations=tuple(
            draw(st.lists(st.builds(Expectation, st.just("RUN-1"), wheres, names, st.none() | texts), max_size=2))
        ),
        absent=draw(st.frozensets(st.sampled_from(numbers))),
    )
