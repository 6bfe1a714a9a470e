"""Faults of lists: pages, cursors, order, filters."""

from collections.abc import Callable
from typing import Any

from conformance.proof.faults.changes import drop_query, items, label_ends, put, query, succeed, when
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import answer_bodies, answers, requests
from conformance.proof.faults.operations import LISTS, LISTS_WITH_STORES
from conformance.proof.interception import Answer, Request
from conformance.reference.objects import plain

NOUNS = {
    "runs": "listRuns",
    "steps": "listRunSteps",
    "vector_stores": "listVectorStores",
    "files_of_a_store": "listVectorStoreFiles",
    "files_of_a_batch": "listFilesInVectorStoreBatch",
}
on_list = requests(*LISTS)
on_any_list = requests(*LISTS_WITH_STORES)
on_page = answer_bodies(*LISTS)


def _limit(context: FaultContext) -> int:
    limit = context.query.get("limit", ["20"])[-1]
    return int(limit) if limit.isdigit() else 20


def _limited(make: Callable[[int], int]) -> Callable[[Request, FaultContext], None]:
    """Change a limit that is a number."""
    return query("limit", lambda text: str(make(int(text))) if text.lstrip("-").isdigit() else text)


def _by_default(name: str, value: str) -> Callable[[Request, FaultContext], Any]:
    """Send a parameter of the query where the client sends none."""
    return lambda request, context: request.query.setdefault(name, [value])


def _by_second(data: list[Json], context: FaultContext) -> list[Json]:
    """Newest second first, and within a second in order of creation."""
    oldest_first = data[::-1]
    return sorted(oldest_first, key=lambda item: item["created_at"], reverse=True)


on_any_list("LIMIT-LIST-01", "lists.page_clamped")("A limit above 100 becomes 100.", _limited(lambda n: min(n, 100)))
on_any_list("LIMIT-LIST-01", "lists.negative_page")(
    "A negative limit becomes 1.", _limited(lambda n: n if n >= 0 else 1)
)
on_any_list("LIMIT-LIST-01", "lists.one_more_per_page")(
    "A page holds one object more than was asked for.", _limited(lambda n: n + 1 if 0 < n < 100 else n)
)
on_list("LIMIT-LIST-01", "lists.hundred_by_default")(
    "A page holds 100 objects unless asked otherwise.", _by_default("limit", "100")
)
for _noun, _operation in NOUNS.items():
    for _size, _word, _trips in ((10, "ten", "LIST-FULL-01"), (100, "hundred", "LIMIT-LIST-01")):
        requests(_operation)(_trips, f"lists.{_word}_{_noun}_by_default")(
            f"A page holds {_size} {_noun.replace('_', ' ')} unless asked otherwise.", _by_default("limit", str(_size))
        )
on_list("LIMIT-LIST-04", "lists.before_ignored")("The parameter before is ignored.", drop_query("before"))
answer_bodies("listMessages")("LIST-FILTER-03", "lists.run_without_messages")(
    "No message is listed for a run.", when(lambda _, context: "run_id" in context.query, items(lambda data, _: []))
)
requests("listMessages")("LIMIT-LIST-07", "lists.run_ignored")(
    "Messages listed for a run are all messages of the thread.", drop_query("run_id")
)


@on_page.function("LIST-ENDS-01")
def ends_swapped(page: Json, context: FaultContext) -> None:
    """The first_id and last_id of a page in ascending order are those of the descending one."""
    if context.query.get("order") == ["asc"]:
        page["first_id"], page["last_id"] = page["last_id"], page["first_id"]


on_page("LIST-ENDS-01", "lists.last_id_one_early")(
    "The last_id of a page of several is that of the object before the last.",
    when(lambda body, _: len(body["data"]) > 1, lambda body, _: body.update(last_id=body["data"][-2]["id"])),
)
on_page("LIST-ENDS-02", "lists.ends_of_nothing")(
    "The first_id of an empty page is the cursor that was asked for.",
    when(
        lambda body, _: not body["data"],
        lambda body, context: body.update(first_id=context.query.get("after", ["none"])[-1]),
    ),
)
on_page("LIST-MORE-01", "lists.more_than_nothing")(
    "An empty page says that there are more.", when(lambda body, _: not body["data"], put("has_more", True))
)

MAKING = ("createAssistant", "createMessage", "createRun", "createThreadAndRun", "submitToolOuputsToRun")


@requests(*LISTS, *MAKING).function("LIST-ORDER-01")
def order_ignored(request: Request, context: FaultContext) -> None:
    """The order asc is ignored, on an endpoint where seconds pass between two creations."""
    if context.operation in MAKING:
        context.endpoint.clock.advance(1)
    elif request.query.get("order") == ["asc"]:
        del request.query["order"]


@requests("listMessages", *MAKING).function("LIST-ORDER-01")
def oldest_message_first(request: Request, context: FaultContext) -> None:
    """Messages are listed oldest first unless asked otherwise, where seconds pass between two creations."""
    if context.operation in MAKING:
        context.endpoint.clock.advance(1)
    else:
        request.query.setdefault("order", ["asc"])


requests("listRunSteps", frozen_clock=True)("LIST-STABLE-01", "lists.one_order_within_a_second")(
    "Steps of one second, at which the clock stands, are listed in order of creation, whatever order was asked for.",
    lambda request, _: request.query.update(order=["asc"]),
)
on_page("LIST-ONCE-01", "lists.last_object_twice")(
    "The last object of a full page comes twice.",
    when(
        lambda page, _: page["has_more"] and len(page["data"]) > 1,
        lambda page, _: page["data"].__setitem__(-2, page["data"][-1]),
    ),
)


@on_page.function("LIMIT-LIST-04")
def second_page_begins_with_the_last_object(body: Json, context: FaultContext) -> None:
    """The second page begins with the last object of the first, moving all others on."""
    key = context.operation, tuple(context.ids.values())
    after = context.query.get("after", [""])[-1]
    kept = context.memory.get(key)
    if body["data"]:
        context.memory[key] = body["data"][-1]
    if kept is not None and kept["id"] == after:
        body["data"] = [kept, *body["data"]][: _limit(context)]
        label_ends(body)


on_page("LIST-MORE-02", "lists.always_more")(
    "A page that is just full says that there are more, whether there are or not.",
    when(lambda body, context: len(body["data"]) == _limit(context), put("has_more", True)),
)
on_page("LIST-MORE-03", "lists.never_more")(
    "A page after a cursor never says that there are more.",
    when(lambda _, context: "after" in context.query or "limit" in context.query, put("has_more", False)),
)
answer_bodies("listMessages", "listAssistants")("LIST-WHOLE-01", "lists.oldest_missing")(
    "The oldest object is on no list where there are several.",
    when(
        lambda page, _: not page["has_more"] and len(page["data"]) > 1,
        items(lambda data, context: data[1:] if context.query.get("order") == ["asc"] else data[:-1]),
    ),
)
answer_bodies("listRuns")("LIST-WHOLE-01", "lists.only_ended_runs")(
    "Only completed runs are listed.", items(lambda data, _: [run for run in data if run["status"] == "completed"])
)
requests("listVectorStoreFiles", "listFilesInVectorStoreBatch", "listFiles")("LIST-FILTER-01", "lists.filter_ignored")(
    "A list that is filtered by status or purpose shows everything.", drop_query("filter", "purpose")
)
answer_bodies("listVectorStoreFiles", "listFilesInVectorStoreBatch")("LIST-FILTER-02", "lists.filter_loses_the_oldest")(
    "A list that is filtered by status lacks the last of what passes.",
    when(lambda _, context: "filter" in context.query, items(lambda data, _: data[:-1])),
)


@answer_bodies("listMessages").function("LIST-ISOLATION-01")
def messages_of_all_threads(body: Json, context: FaultContext) -> None:
    """The messages of all threads are listed under each."""
    if "after" not in context.query:
        others = [thread for thread in context.store.threads.values() if thread.id != context.ids["thread_id"]]
        foreign = [plain(message.value) for thread in others for message in thread.messages.values()]
        body["data"] += foreign[:1]
        label_ends(body)


on_page("LIST-FULL-01", "lists.short_pages")(
    "A page that is not the last lacks its last object, which comes on the next.",
    when(lambda page, _: page["has_more"] and len(page["data"]) > 1, items(lambda data, _: data[:-1])),
)
answer_bodies(*LISTS, frozen_clock=True)("LIST-STABLE-01", "lists.by_second_only")(
    "Objects of one second, at which the clock stands, are in order of creation, whichever order was asked for.",
    when(lambda _, context: context.query.get("order") != ["asc"], items(_by_second)),
)


@answers(*LISTS).function("LIST-CURSOR-01")
def unknown_cursor_ignored(answer: Answer, context: FaultContext) -> None:
    """A cursor that names nothing is ignored: the list begins anew."""
    thread = context.thread if context.operation == "listMessages" else None
    if answer.status in (400, 404) and "after" in context.query and thread:
        data = [plain(message.value) for message in reversed(thread.messages.values())]
        succeed(answer, {"object": "list", "data": data, "has_more": False})
        label_ends(answer.body)


@on_page.function("LIST-ORDER-01")
def backwards_before(body: Json, context: FaultContext) -> None:
    """A page in front of a cursor is in the other order."""
    if "before" in context.query and isinstance(body.get("data"), list):
        body["data"].reverse()
        label_ends(body)
