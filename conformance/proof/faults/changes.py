"""Small changes that faults are made of. A `Change` works in place on a JSON object, wherever it is met."""

from collections.abc import Callable, Iterator
from html import escape
from typing import Any, TypeAlias

from conformance.proof.faults.context import FaultContext
from conformance.proof.interception import Answer, Request, StreamEvent
from conformance.reference.errors import ApiError
from conformance.reference.store import Store, Thread

Change: TypeAlias = Callable[[Any, FaultContext], Any]
Condition: TypeAlias = Callable[[Any, FaultContext], Any]
Make: TypeAlias = Callable[[Any], Any]
ENDED = ("completed", "incomplete", "failed", "cancelled", "expired")


def _reach(value: Any, path: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects that hold a place (`file_counts.total`) and its last name; an array means each of its items."""
    first, _, rest = path.partition(".")
    if isinstance(value, list):
        for item in value:
            yield from _reach(item, path)
    elif isinstance(value, dict):
        if not rest:
            yield value, first
        else:
            yield from _reach(value.get(first), rest)


def put(path: str, new: Any) -> Change:
    """Set a member; nothing where the object that would hold it is not there."""

    def change(value: Any, context: FaultContext) -> None:
        for holder, name in _reach(value, path):
            holder[name] = new

    return change


def update(**members: Any) -> Change:
    """Set several members."""
    return lambda value, context: value.update(members)


def drop(path: str, *, unless: Make = lambda value: False) -> Change:
    """Leave a member out."""

    def change(value: Any, context: FaultContext) -> None:
        for holder, name in _reach(value, path):
            if name in holder and not unless(holder[name]):
                del holder[name]

    return change


def replace(path: str, make: Make) -> Change:
    """Replace a member, where it is there and not null, by what is made of it."""

    def change(value: Any, context: FaultContext) -> None:
        for holder, name in _reach(value, path):
            if holder.get(name) is not None:
                holder[name] = make(holder[name])

    return change


def add(path: str, number: int) -> Change:
    """Add to a number, where it is there and not null."""
    return replace(path, lambda value: value + number)


def copy(member: str, source: str, *, plus: int = 0) -> Change:
    """Set a member to what another member of the object is, or to so much more."""

    def change(value: Any, context: FaultContext) -> None:
        value[member] = value[source] + plus if plus else value[source]

    return change


def drift(member: str) -> Change:
    """Add one to a number for each time that its object was shown before."""

    def change(value: Any, context: FaultContext) -> None:
        value[member] += context.nth(value["id"]) - 1

    return change


def fill(path: str, new: Any) -> Change:
    """Set a member where it is absent or null."""

    def change(value: Any, context: FaultContext) -> None:
        for holder, name in _reach(value, path):
            if holder.get(name) is None:
                holder[name] = new

    return change


def drop_all(*names: str) -> Change:
    """Leave several members out."""
    return lambda value, context: [value.pop(name, None) for name in names]


def keep_only(*names: str) -> Change:
    """Leave all other members out."""
    return lambda value, context: [value.pop(name) for name in list(value) if name not in names]


def then(*changes: Change) -> Change:
    """Make several changes."""
    return lambda value, context: [change(value, context) for change in changes]


def answer_with(status: int) -> Change:
    """Answer with another status; for changes of answers."""
    return lambda value, context: setattr(context.answer, "status", status)


def answer_body(make: Callable[[Any], Any]) -> Change:
    """Answer with another body, made of what is changed; for changes of answers."""
    return lambda value, context: setattr(context.answer, "body", make(value))


def set_header(name: str, value: str) -> Change:
    """Answer with a header; for changes of answers."""
    return lambda _, context: context.answer.headers.__setitem__(name, value)


def drop_header(name: str) -> Change:
    """Answer without a header; for changes of answers."""
    return lambda value, context: context.answer.headers.__delitem__(name)


# Conditions ---------------------------------------------------------------------------------------------------------


def when(condition: Condition, change: Change) -> Change:
    """Make a change to some objects only."""
    return lambda value, context: change(value, context) if condition(value, context) else None


def status(*names: str) -> Condition:
    """Objects with one of these statuses."""
    return lambda value, context: value.get("status") in names


def equals(member: str, wanted: Any) -> Condition:
    """Objects with a member of this value."""
    return lambda value, context: value.get(member) == wanted


def has(member: str) -> Condition:
    """Objects with a member that is not null, false or empty."""
    return lambda value, context: bool(value.get(member))


def says(*words: str) -> Condition:
    """Errors whose message holds one of these."""
    return lambda value, context: any(word in value["message"] for word in words)


def every(*conditions: Condition) -> Condition:
    """Objects for which all conditions hold."""
    return lambda value, context: all(condition(value, context) for condition in conditions)


def again(*members: str) -> Condition:
    """Objects that are shown for the second time or later, by these members."""
    return lambda value, context: context.nth(*(value[name] for name in members or ("id",))) > 1


def listed(value: Any, context: FaultContext) -> bool:
    """Objects that are items of a list."""
    return context.listed


def streamed(value: Any, context: FaultContext) -> bool:
    """Objects in streams."""
    return context.event is not None


def unstreamed(value: Any, context: FaultContext) -> bool:
    """Objects in plain answers."""
    return context.event is None


# Values -------------------------------------------------------------------------------------------------------------


def cut(longest: int) -> Make:
    """Cut a text or an array that is too long."""
    return lambda value: value[:longest] if isinstance(value, str | list) else value


def clamp(least: float, most: float) -> Make:
    """Bring a number within bounds."""
    return lambda value: min(max(value, least), most) if is_number(value) else value


def one_decimal(value: Any) -> Any:
    """Round a number to one decimal."""
    return round(value, 1) if is_number(value) else value


def ascii_only(text: str) -> str:
    """Leave out the characters beyond ASCII."""
    return text.encode("ascii", "ignore").decode()


def lower_names(value: Any) -> Any:
    """Write the names of an object's members in lower case."""
    return {name.lower(): part for name, part in value.items()} if isinstance(value, dict) else value


def without_last(value: dict[str, Any]) -> dict[str, Any]:
    """Leave out the last member of an object."""
    return dict(list(value.items())[:-1])


def escaped(value: Any) -> Any:
    """Write the texts of an object as HTML would, with entities."""
    if not isinstance(value, dict):
        return value
    return {name: escape(part) if isinstance(part, str) else part for name, part in value.items()}


def among(*choices: str) -> Make:
    """Take the first choice for a word that is none."""
    return lambda value: value if not isinstance(value, str) or value in choices else choices[0]


def as_text(value: Any) -> Any:
    """A text, whatever it was before."""
    return value if isinstance(value, str) or value is None else str(value)


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


# Requests and answers -----------------------------------------------------------------------------------------------


def query(name: str, make: Callable[[str], str | None]) -> Callable[[Request, FaultContext], None]:
    """Change a parameter of the query, where it is sent; None leaves it out."""

    def change(request: Request, context: FaultContext) -> None:
        if name in request.query:
            value = make(request.query.pop(name)[-1])
            if value is not None:
                request.query[name] = [value]

    return change


def drop_query(*names: str) -> Callable[[Request, FaultContext], Any]:
    """Ignore parameters of the query."""
    return lambda request, context: [request.query.pop(name, None) for name in names]


def refuse(message: str, param: str | None = None, *, status: int = 400, code: str | None = None) -> ApiError:
    """A refusal as the endpoint would word it, to be raised."""
    return ApiError(status, message, param=param, code=code)


def error(message: str) -> dict[str, Any]:
    """An error envelope."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}


def succeed(answer: Answer, value: Any) -> None:
    """Answer 200 with this object after all."""
    answer.status, answer.body = 200, value


def missing(answer: Answer, message: str = "Not found.") -> None:
    """Answer 404 after all."""
    answer.status, answer.body = 404, error(message)


def made_thread(answer: Answer, context: FaultContext) -> Thread | None:
    """The thread that an answer shows, where it is a success."""
    return context.store.threads.get(answer.body.get("id", "")) if answer.ok else None


def still_found(param: str | None = None) -> Callable[[Answer, FaultContext], None]:
    """Answer what was last read, or created, where it is not found now; `param` names its id in the path."""

    def change(answer: Answer, context: FaultContext) -> None:
        key = (
            context.ids.get(param) or (answer.body["id"] if answer.ok else "") if param else tuple(context.ids.values())
        )
        if answer.ok:
            context.memory[key] = answer.body
        elif answer.status == 404 and key in context.memory:
            succeed(answer, context.memory[key])

    return change


def still_listed(create: str, known: Callable[[Store], Any]) -> Callable[[Answer, FaultContext], None]:
    """List what an operation created and the store does not know any more; pages are filtered by purpose."""

    def change(answer: Answer, context: FaultContext) -> None:
        if answer.ok and context.operation == create:
            context.memory[answer.body["id"]] = answer.body
        elif answer.ok:
            gone = [value for name, value in context.memory.items() if name not in known(context.store)]
            wanted = context.query.get("purpose", [None])[-1]
            answer.body["data"] += [value for value in gone if wanted in (None, value.get("purpose"))]
            label_ends(answer.body)

    return change


def empty_page_when_missing(answer: Answer, context: FaultContext) -> None:
    """Answer an empty page where something is not found."""
    if answer.status == 404:
        succeed(answer, {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False})


def recount(make: Callable[[dict[str, int]], dict[str, int]]) -> Change:
    """Replace some of the file counts."""
    return replace("file_counts", lambda counts: {**counts, **make(counts)})


def items(make: Callable[[list[Any], FaultContext], list[Any]]) -> Change:
    """Replace the items of a page, and its ends with them."""

    def change(page: Any, context: FaultContext) -> None:
        page["data"] = make(page["data"], context)
        label_ends(page)

    return change


def label_ends(page: dict[str, Any]) -> None:
    """Set the first_id and last_id of a page by its data."""
    page["first_id"] = page["data"][0]["id"] if page["data"] else None
    page["last_id"] = page["data"][-1]["id"] if page["data"] else None


# Events -------------------------------------------------------------------------------------------------------------

Replace: TypeAlias = Callable[[StreamEvent, FaultContext], list[StreamEvent]]


Always: Condition = lambda value, context: True  # noqa: E731


def skip(*names: str, data: Condition = Always) -> Replace:
    """Do not send these events (or all that begin with one, where it ends with a dot)."""
    return lambda event, context: [] if _named(event, *names) and data(event.data, context) else [event]


def repeat(name: str) -> Replace:
    """Send an event twice."""
    return lambda event, context: [event, event] if event.name == name else [event]


def replace_event(name: str, make: Callable[[Any], StreamEvent]) -> Replace:
    """Send another event, made of its data, in place of one."""
    return lambda event, context: [make(event.data)] if event.name == name else [event]


def before(name: str, make: Callable[[Any], StreamEvent]) -> Replace:
    """Send another event, made of its data, before one."""
    return lambda event, context: [make(event.data), event] if event.name == name else [event]


def delay(name: str, *, until: str, data: Condition = Always) -> Replace:
    """Hold an event back, where its data meets a condition, and send it after the next of a name (or prefix)."""

    def change(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
        if event.name == name and data(event.data, context):
            context.stream["held"] = event
            return []
        if _named(event, until) and "held" in context.stream:
            return [event, context.stream.pop("held")]
        return [event]

    return change


def _named(event: StreamEvent, *names: str) -> bool:
    return any(event.name == name or (name.endswith(".") and event.name.startswith(name)) for name in names)
