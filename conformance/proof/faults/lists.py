"""Faults of lists: pages, cursors, order, filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.proof.faults.changes import succeed
from conformance.proof.faults.fault import answers, requests
from conformance.proof.faults.scene import Answer, Scene, Sent

Json = dict[str, Any]
LISTS = ("listAssistants", "listMessages", "listRuns", "listRunSteps", "listVectorStores", "listVectorStoreFiles")
CORE = LISTS[:4]
NOUNS = {
    "runs": "listRuns",
    "steps": "listRunSteps",
    "vector_stores": "listVectorStores",
    "files_of_a_store": "listVectorStoreFiles",
    "files_of_a_batch": "listFilesInVectorStoreBatch",
}


def _ends(page: Json) -> None:
    page["first_id"] = page["data"][0]["id"] if page["data"] else None
    page["last_id"] = page["data"][-1]["id"] if page["data"] else None


def _limit(scene: Scene) -> int:
    told = scene.query.get("limit", ["20"])[-1]
    return int(told) if told.isdigit() else 20


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


@requests(*LISTS, trips="LIMIT-LIST-01")
def page_clamped(sent: Sent, scene: Scene) -> None:
    """A limit above 100 becomes 100."""
    asked = _number(sent.query.get("limit", [""])[-1])
    if asked is not None and asked > 100:
        sent.query["limit"] = ["100"]


@requests(*LISTS, trips="LIMIT-LIST-01")
def negative_page(sent: Sent, scene: Scene) -> None:
    """A negative limit becomes 1."""
    asked = _number(sent.query.get("limit", [""])[-1])
    if asked is not None and asked < 0:
        sent.query["limit"] = ["1"]


@requests(*LISTS, trips="LIMIT-LIST-01")
def one_more_per_page(sent: Sent, scene: Scene) -> None:
    """A page holds one object more than was asked for."""
    asked = _number(sent.query.get("limit", [""])[-1])
    if asked is not None and 0 < asked < 100:
        sent.query["limit"] = [str(asked + 1)]


@requests(*CORE, trips="LIMIT-LIST-01")
def hundred_by_default(sent: Sent, scene: Scene) -> None:
    """A page holds 100 objects unless asked otherwise."""
    sent.query.setdefault("limit", ["100"])


def _by_default(limit: int) -> Callable[[Sent, Scene], None]:
    def change(sent: Sent, scene: Scene) -> None:
        sent.query.setdefault("limit", [str(limit)])

    return change


for _noun, _operation in NOUNS.items():
    for _size, _word, _trips in ((10, "ten", "LIST-FULL-01"), (100, "hundred", "LIMIT-LIST-01")):
        requests(
            _operation,
            trips=_trips,
            id=f"lists.{_word}_{_noun}_by_default",
            about=f"A page holds {_size} {_noun.replace('_', ' ')} unless asked otherwise.",
        )(_by_default(_size))


@requests(*CORE, trips="LIMIT-LIST-04")
def before_ignored(sent: Sent, scene: Scene) -> None:
    """The parameter before is ignored."""
    sent.query.pop("before", None)


@requests("listMessages", trips="LIMIT-LIST-07")
def run_ignored(sent: Sent, scene: Scene) -> None:
    """Messages listed for a run are all messages of the thread."""
    sent.query.pop("run_id", None)


@answers(*CORE, trips="LIST-ENDS-01")
def ends_swapped(answer: Answer, scene: Scene) -> None:
    """The first_id and last_id of a page in ascending order are those of the descending one."""
    if answer.ok and scene.query.get("order") == ["asc"]:
        page = answer.body
        page["first_id"], page["last_id"] = page["last_id"], page["first_id"]


@answers(*CORE, trips="LIST-ENDS-01")
def last_id_one_early(answer: Answer, scene: Scene) -> None:
    """The last_id of a page of several is that of the object before the last."""
    if answer.ok and len(answer.body["data"]) > 1:
        answer.body["last_id"] = answer.body["data"][-2]["id"]


@answers(*CORE, trips="LIST-ENDS-02")
def ends_of_nothing(answer: Answer, scene: Scene) -> None:
    """The first_id of an empty page is the cursor that was asked for."""
    if answer.ok and not answer.body["data"]:
        answer.body["first_id"] = scene.query.get("after", ["none"])[-1]


@answers(*CORE, trips="LIST-MORE-01")
def more_than_nothing(answer: Answer, scene: Scene) -> None:
    """An empty page says that there are more."""
    if answer.ok and not answer.body["data"]:
        answer.body["has_more"] = True


MAKING = ("createAssistant", "createMessage", "createRun", "createThreadAndRun", "submitToolOuputsToRun")


@requests(*CORE, *MAKING, trips="LIST-ORDER-01")
def order_ignored(sent: Sent, scene: Scene) -> None:
    """The order asc is ignored, on an endpoint where seconds pass between two creations."""
    if scene.operation in MAKING:
        scene.endpoint.clock.advance(1)
    elif sent.query.get("order") == ["asc"]:
        del sent.query["order"]


@requests("listMessages", *MAKING, trips="LIST-ORDER-01")
def oldest_message_first(sent: Sent, scene: Scene) -> None:
    """Messages are listed oldest first unless asked otherwise, where seconds pass between two creations."""
    if scene.operation in MAKING:
        scene.endpoint.clock.advance(1)
    else:
        sent.query.setdefault("order", ["asc"])


@requests("listRunSteps", trips="LIST-STABLE-01", still=True)
def one_order_within_a_second(sent: Sent, scene: Scene) -> None:
    """Steps of one second, at which the clock stands, are listed in order of creation, whatever order was asked for."""
    sent.query["order"] = ["asc"]


@answers(*CORE, trips="LIST-ONCE-01")
def last_object_twice(answer: Answer, scene: Scene) -> None:
    """The last object of a full page comes twice."""
    if answer.ok and answer.body["has_more"] and len(answer.body["data"]) > 1:
        answer.body["data"][-2] = answer.body["data"][-1]


@answers(*CORE, trips="LIMIT-LIST-04")
def second_page_begins_with_the_last_object(answer: Answer, scene: Scene) -> None:
    """The second page begins with the last object of the first, moving all others on."""
    if not answer.ok:
        return
    key = scene.operation, tuple(scene.ids.values())
    after = scene.query.get("after", [""])[-1]
    kept = scene.memory.get(key)
    if answer.body["data"]:
        scene.memory[key] = answer.body["data"][-1]
    if kept is not None and kept["id"] == after:
        answer.body["data"] = [kept, *answer.body["data"]][: _limit(scene)]
        _ends(answer.body)


@answers(*CORE, trips="LIST-MORE-02")
def always_more(answer: Answer, scene: Scene) -> None:
    """A page that is just full says that there are more, whether there are or not."""
    if answer.ok and len(answer.body["data"]) == _limit(scene):
        answer.body["has_more"] = True


@answers(*CORE, trips="LIST-MORE-03")
def never_more(answer: Answer, scene: Scene) -> None:
    """A page after a cursor never says that there are more."""
    if answer.ok and ("after" in scene.query or "limit" in scene.query):
        answer.body["has_more"] = False


@answers("listMessages", "listAssistants", trips="LIST-WHOLE-01")
def oldest_missing(answer: Answer, scene: Scene) -> None:
    """The oldest object is on no list where there are several."""
    if answer.ok and not answer.body["has_more"] and len(answer.body["data"]) > 1:
        answer.body["data"].pop(0 if scene.query.get("order") == ["asc"] else -1)
        _ends(answer.body)


@answers("listRuns", trips="LIST-WHOLE-01")
def only_ended_runs(answer: Answer, scene: Scene) -> None:
    """Only completed runs are listed."""
    if answer.ok:
        answer.body["data"] = [run for run in answer.body["data"] if run["status"] == "completed"]
        _ends(answer.body)


@requests("listVectorStoreFiles", "listFilesInVectorStoreBatch", "listFiles", trips="LIST-FILTER-01")
def filter_ignored(sent: Sent, scene: Scene) -> None:
    """A list that is filtered by status or purpose shows everything."""
    sent.query.pop("filter", None)
    sent.query.pop("purpose", None)


@answers("listVectorStoreFiles", "listFilesInVectorStoreBatch", trips="LIST-FILTER-02")
def filter_loses_the_oldest(answer: Answer, scene: Scene) -> None:
    """A list that is filtered by status lacks the last of what passes."""
    if answer.ok and "filter" in scene.query and answer.body["data"]:
        del answer.body["data"][-1]
        _ends(answer.body)


@answers("listMessages", trips="LIST-ISOLATION-01")
def messages_of_all_threads(answer: Answer, scene: Scene) -> None:
    """The messages of all threads are listed under each."""
    if answer.ok and "after" not in scene.query:
        foreign = [
            dict(message.value)
            for thread in scene.endpoint.store.threads.values()
            if thread.id != scene.ids["thread_id"]
            for message in thread.messages.values()
        ]
        for message in foreign[:1]:
            for name in ("status", "incomplete_details", "incomplete_at", "completed_at"):
                message.pop(name)
            answer.body["data"].append(message)
        _ends(answer.body)


@answers(*CORE, trips="LIST-FULL-01")
def short_pages(answer: Answer, scene: Scene) -> None:
    """A page that is not the last lacks its last object, which comes on the next."""
    if answer.ok and answer.body["has_more"] and len(answer.body["data"]) > 1:
        answer.body["data"].pop()
        _ends(answer.body)


@answers(*CORE, trips="LIST-STABLE-01", still=True)
def by_second_only(answer: Answer, scene: Scene) -> None:
    """Objects of one second, at which the clock stands, are in order of creation, whichever order was asked for."""
    if answer.ok and scene.query.get("order") != ["asc"]:
        data = answer.body["data"]
        data.reverse()
        data.sort(key=lambda item: item["created_at"], reverse=True)
        _ends(answer.body)


@answers(*CORE, trips="LIST-CURSOR-01")
def unknown_cursor_ignored(answer: Answer, scene: Scene) -> None:
    """A cursor that names nothing is ignored: the list begins anew."""
    if answer.status in (400, 404) and "after" in scene.query and scene.operation == "listMessages":
        thread = scene.endpoint.store.threads.get(scene.ids["thread_id"])
        if thread is None:
            return
        data = []
        for message in reversed(list(thread.messages.values())):
            shown = dict(message.value)
            for name in ("status", "incomplete_details", "incomplete_at", "completed_at"):
                shown.pop(name)
            data.append(shown)
        succeed(answer, {"object": "list", "data": data, "first_id": None, "last_id": None, "has_more": False})
        _ends(answer.body)
