"""Whether answers come at all, and whole."""

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.trace.index import Index
from conformance.trace.trace import Where


@check("WIRE-ANSWER-01", "WIRE-WHOLE-01")
def answers(index: Index) -> Iterator[Observation]:
    """Every request is answered, and every plain body arrives whole; broken streams are the stream checks' business."""
    for exchange in index.trace.exchanges:
        response = exchange.response
        if response is None and exchange.is_given_up:
            continue
        yield Examined("WIRE-ANSWER-01", exchange.number)
        if response is None:
            if exchange.failure is not None:
                yield Finding("WIRE-ANSWER-01", Where(exchange.number), "an answer", exchange.failure)
            continue
        if response.is_stream or exchange.is_given_up:
            continue
        yield Examined("WIRE-WHOLE-01", exchange.number)
        if not response.complete:
            actual = f"{len(response.body)} bytes, then: {exchange.failure or 'nothing more'}"
            yield Finding("WIRE-WHOLE-01", Where(exchange.number), "a body that arrives whole", actual)
