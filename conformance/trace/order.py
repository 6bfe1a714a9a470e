"""Which of two exchanges came first, where that can be said at all."""

from conformance.trace.exchange import Exchange


def before(earlier: Exchange, later: Exchange) -> bool:
    """Whether one exchange had ended when the other began.

    Exchanges that overlap say nothing about each other: their answers may have been made in either order. Where a
    time is unknown the order of the trace decides.
    """
    if earlier.number >= later.number:
        return False
    if earlier.ended is None or later.started is None:
        return True
    return earlier.ended <= later.started
