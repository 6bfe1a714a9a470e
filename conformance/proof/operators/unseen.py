"""Why no check can notice some mutants: reasons by cause, for the operators that may meet it.

A reason does not excuse a mutant: it stands in the report where no check noticed it. One that survives without a
reason is unexplained, and shows a weak check.
"""

from conformance.checks.errors import LONGEST_MESSAGE
from conformance.proof.operators.trace_view import TraceView, body
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json, mapping, sequence, text

DRIVEN = "only the driver knew what had to be refused; a recording keeps what it found"
CONTENT = "what is downloaded may be JSON of any kind"
CURSOR = "whether an unknown cursor is refused or passed over is left open"
FIRST = "a missing permission or an object that is not there may be told before what was wrong"
ADDED_AGAIN = "a file that a message or run attaches is added anew, and nothing tells when"
MAY_BE_GONE = "what has a time to expire may be gone from a list"
NO_WHOLE_LIST = "no whole list stands beside the filtered one, without a change between them"
SECOND = "all objects of the pages are of one second, whose order nobody told"
NOT_SHOWN = "the answers do not show in what the requests differ"
MISSED = "a state may have passed between two looks at a run"
CHANGED = "requests in between may have changed it, and changed it back"
OTHERS = "in a list of the whole account others may create and delete meanwhile"
NEWER = "in ascending order something newer may have come behind the end, as a run was under way"
OF_TWO_CALLS = "pieces of two calls may come in turn, as each says which call it is of: no source tells otherwise"
WHILE_CANCELLING = "no recorded stream was cancelled: when its message breaks off before the run's end is left open"
ALIAS = "a model may be asked for by another name than its own"


NOUGHT = "a limit of 0 may be refused or accepted (LIMIT-LIST-08)"


def refusal_taken_back(view: TraceView, call: Exchange) -> str | None:
    """Why it is not noticed that what was refused was accepted."""
    operation = view.operation(call)
    if any(expectation.where.exchange == call.number for expectation in view.trace.expectations):
        return DRIVEN
    if operation is not None and operation.response is not None and operation.response.media_type != "application/json":
        return CONTENT
    if call.request.query.get("limit") == ["0"]:
        return NOUGHT
    return CURSOR if {"after", "before"} & call.request.query.keys() else None


def unsourced(view: TraceView, call: Exchange, member: str) -> str | None:
    """Why it is not noticed that a refusal has another `param` or `code`."""
    message = text(mapping(body(call).get("error")).get("message")) or ""
    known = next((error for error in view.contract.errors if error.pattern.fullmatch(message)), None)
    if len(message) > LONGEST_MESSAGE:
        return "words of that length are not read"
    if known is not None and any(judged.name == member for judged in known.members):
        return None
    return f"no source tells which {member} goes with these words"


def end_of_a_list(view: TraceView, call: Exchange) -> str | None:
    """Why it is not noticed that a page says something else of what comes after it."""
    route = view.route(call)
    if route is None or not route.path_params:
        return OTHERS
    creating = ("createRun", "createThreadAndRun")
    runs = any((asked := view.operation(e)) and asked.operation_id in creating for e in view.trace.exchanges)
    return NEWER if runs and call.request.query.get("order") == ["asc"] else None


def alike(call: Exchange, other: Exchange) -> bool:
    """Whether two answers differ in nothing but the id and the time of what was made."""
    return bool(_plain(body(call), ("id", "created_at")) == _plain(body(other), ("id", "created_at")))


def same_but_for_what_is_empty(call: Json, other: Json) -> bool:
    """Whether two objects say the same: that nothing is held by a tool, and no word of it."""
    return bool(_plain(call) == _plain(other))


def of_one_second(*pages: Exchange) -> bool:
    """Whether all objects of these pages were created in one second."""
    items = [mapping(item) for page in pages for item in sequence(body(page).get("data"))]
    return bool(items) and len({item.get("created_at") for item in items}) == 1


def _plain(value: Json, besides: tuple[str, ...] = ()) -> Json:
    if isinstance(value, dict):
        kept = {name: _plain(inner) for name, inner in value.items() if name not in besides}
        return {name: inner for name, inner in kept.items() if inner not in ({}, [], None)}
    return value
