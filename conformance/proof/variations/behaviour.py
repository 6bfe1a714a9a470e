"""Variations of when things happen: slower, quicker, all at once, with a refusal for too many requests on the way."""

from collections.abc import Callable

from conformance.proof.interception import Answer, json_headers
from conformance.proof.variations.variation import Variation, VariationContext
from conformance.reference.endpoint import Endpoint

POLLED = "A poller misses what happens between two looks; recorded polls go from queued to completed."
TIMES = "How long anything takes is promised nowhere."
DRIVEN = ("runs", "streams", "steps", "tools", "cancellations", "endings", "lock", "file_search", "code_interpreter")


def _clock(change: Callable[[float], float]) -> Callable[[Endpoint], None]:
    """An endpoint whose clock shows something else."""

    def inside(endpoint: Endpoint) -> None:
        exact = endpoint.clock.exact
        vars(endpoint.clock)["exact"] = lambda: change(exact())

    return inside


def _stopped(endpoint: Endpoint) -> None:
    """A clock that stands still, so that all objects are of one second."""
    moment = endpoint.clock.exact()
    vars(endpoint.clock)["exact"] = lambda: moment


def _limited(context: VariationContext) -> Answer | None:
    """Too many requests: once for each kind of request, the first time it comes."""
    path = context.request.path.split("/")
    kind = context.request.method, "/".join(part for part in path if "_" not in part and "-" not in part)
    if kind in context.memory:
        return None
    context.memory[kind] = True
    message = "Rate limit reached for requests. Please try again in 20ms."
    error = {"message": message, "type": "requests", "param": None, "code": "rate_limit_exceeded"}
    request_id = f"req_{context.chance.getrandbits(128):032x}"
    return Answer(429, json_headers(x_request_id=request_id, retry_after="0", retry_after_ms="20"), {"error": error})


VARIATIONS = (
    Variation("immediate", "Runs change their status without any pause.", TIMES, settings={"pace": 0.0}),
    Variation("slow", "Runs stay 60 milliseconds in each status.", TIMES, DRIVEN, settings={"pace": 0.06}),
    Variation(
        "rare_looks",
        "The client looks so seldom that it misses statuses.",
        POLLED,
        DRIVEN,
        settings={"pace": 0.0},
        poll_seconds=0.1,
    ),
    Variation("late_answers", "Each answer comes up to 20 milliseconds late.", TIMES, DRIVEN, seconds=0.02),
    Variation("late_events", "Each event comes 3 milliseconds late.", TIMES, ("streams",), pause=0.003),
    Variation(
        "one_second",
        "Everything happens within one second: all times are equal.",
        "Times are told in whole seconds; recorded runs are created, started and completed in one.",
        inside=_stopped,
    ),
    Variation(
        "slow_clock",
        "The endpoint's clock is ninety seconds behind the client's.",
        "RFC 9110 section 5.6.7: clocks of client and server are not synchronised.",
        inside=_clock(lambda exact: exact - 90),
    ),
    Variation(
        "quick_clock",
        "The endpoint's clock is ninety seconds before the client's.",
        "RFC 9110 section 5.6.7: clocks of client and server are not synchronised.",
        inside=_clock(lambda exact: exact + 90),
    ),
    Variation(
        "too_many_requests",
        "Each kind of request is refused once with 429 and a Retry-After.",
        "The API's documentation of rate limits; RFC 6585 section 4.",
        instead=_limited,
    ),
)
