"""Which sightings show a message that nobody writes on any more: plain JSON of the real API does not say so itself."""

from conformance.trace.history import History, seen_before
from conformance.trace.index import Index
from conformance.trace.json import text
from conformance.trace.runs import RUN
from conformance.trace.trace import Sighting

_ENDED = frozenset({"completed", "incomplete"})


def finished_sightings(index: Index, message: History) -> History:
    """The sightings that show a message finished.

    It is where it says so; where it came from a client; and, as plain JSON shows no status, once it was seen finished
    in a stream, or its run was seen to have ended.
    """
    run_id = next((named for seen in message if (named := text(seen.value.get("run_id")))), None)
    terminal = index.contract.lifecycles["run"].terminal
    ends = [*message.with_status(_ENDED)[:1], *index.history(RUN, run_id).with_status(terminal)[:1]]

    def is_finished(sighting: Sighting) -> bool:
        if sighting.status is not None:
            return sighting.status in _ENDED
        if not isinstance(sighting.value.get("run_id"), str):
            return True
        exchange = index.exchange(sighting)
        return any(seen_before(index.trace, end, exchange) for end in ends)

    return message.where(is_finished)
