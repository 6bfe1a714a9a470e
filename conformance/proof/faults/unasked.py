"""Faults of number and order: what nobody made, what got lost, and what stands in another order."""

from conformance.proof.faults.changes import items, label_ends, made_thread, replace
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import answer_bodies, answers, request_bodies
from conformance.proof.interception import Answer
from conformance.reference.file_objects import store_file


def _copied(item: Json, **changes: object) -> Json:
    """A copy of a message or run with an id of its own."""
    return {**item, "id": f"{item['id'][:-4]}copy", **changes}


@answers("createMessage").function("MESSAGE-MADE-01", area="messages")
def kept_twice(answer: Answer, context: FaultContext) -> None:
    """A message is kept twice, under two ids."""
    if answer.ok and (thread := context.thread):
        context.store.add(_copied(answer.body), thread.messages)


@answers("createThread").function("MESSAGE-MADE-01", area="messages")
def first_message_twice(answer: Answer, context: FaultContext) -> None:
    """The last message of a new thread is kept twice."""
    if (thread := made_thread(answer, context)) and thread.messages:
        context.store.add(_copied(list(thread.messages.values())[-1].value), thread.messages)


@answers("createThread").function("MESSAGE-MADE-01", area="messages")
def thread_begins_with_a_greeting(answer: Answer, context: FaultContext) -> None:
    """A new thread begins with a message of the assistant that nobody wrote."""
    if thread := made_thread(answer, context):
        greeting = context.new_message(thread.id, {"role": "assistant", "content": "How can I help you?"})
        context.store.add(greeting, thread.messages)


@answers("createMessage").function("MESSAGE-MADE-01", area="messages")
def malformed_message_leaves_an_empty_one(answer: Answer, context: FaultContext) -> None:
    """A message that is refused for its content leaves an empty one in the thread."""
    if answer.status == 400 and (thread := context.thread) and not thread.active_run and thread.messages:
        empty = {"content": [{"type": "text", "text": {"value": "", "annotations": []}}], "metadata": {}}
        value = {**next(iter(thread.messages.values())).value, **empty, "id": context.endpoint.ids.make("msg")}
        context.store.add(value, thread.messages)


@answer_bodies("listMessages").function("MESSAGE-MADE-01", area="messages")
def message_of_an_unknown_run(body: Json, context: FaultContext) -> None:
    """Messages of runs name a run that there is none of."""
    for item in body["data"]:
        if item["run_id"]:
            item["run_id"] = f"run_{'0' * 24}"


@answer_bodies("cancelRun", "listMessages").function("MESSAGE-LATE-01", area="messages")
def message_after_the_cancel(body: Json, context: FaultContext) -> None:
    """A while after a run was cancelled the answer that it was working on is in the thread."""
    if context.operation == "cancelRun":
        context.memory[body["thread_id"]] = body
    elif (
        (run := context.memory.get(context.ids["thread_id"])) and context.nth(run["id"], "listed") > 1 and body["data"]
    ):
        late = _copied(body["data"][-1], run_id=run["id"], assistant_id=run["assistant_id"], role="assistant")
        body["data"].insert(0, late)
        label_ends(body)


@answer_bodies("listMessages").function("MESSAGE-LATE-01", area="messages")
def message_is_younger_than_its_run(body: Json, context: FaultContext) -> None:
    """The messages of a run are shown as created a minute after they were."""
    for item in body["data"]:
        if item["run_id"]:
            item["created_at"] += 60


@answers("deleteMessage").function("LIST-KEEP-01", area="lists")
def neighbour_is_deleted_along(answer: Answer, context: FaultContext) -> None:
    """Deleting a message deletes the last one of its thread along with it."""
    if answer.ok and (thread := context.thread) and thread.messages:
        thread.messages.popitem()


@answer_bodies("listRunSteps").function("LIST-KEEP-01", area="lists")
def oldest_step_is_forgotten(body: Json, context: FaultContext) -> None:
    """When the steps of a run are listed again, the oldest of them is missing."""
    run_id = context.ids["run_id"]
    if len(body["data"]) > 1 and context.nth(run_id, context.query.get("order", ["desc"])[-1]) > 1:
        oldest = min(body["data"], key=lambda step: step["created_at"])
        items(lambda data, _: [step for step in data if step["id"] != oldest["id"]])(body, context)


for _name, _operation, _place, _whose in (
    ("first_messages", "createThread", "messages", "messages of a new thread"),
    ("messages_of_a_thread_with_run", "createThreadAndRun", "thread.messages", "messages of a thread with its run"),
    ("additional_messages", "createRun", "additional_messages", "additional messages of a run"),
):
    request_bodies(_operation)("IDENTITY-ORDER-01", f"identity.{_name}_reversed")(
        f"The {_whose} are kept in reverse order.",
        replace(_place, lambda rows: rows[::-1] if isinstance(rows, list) else rows),
    )
for _noun, _operation in (
    ("assistants", "listAssistants"),
    ("messages", "listMessages"),
    ("runs", "listRuns"),
    ("steps", "listRunSteps"),
    ("files", "listFiles"),
    ("vector_stores", "listVectorStores"),
    ("files_of_a_store", "listVectorStoreFiles"),
):
    answer_bodies(_operation)("LIST-ORDER-01", f"lists.page_of_{_noun}_reversed")(
        f"Every page of {_noun.replace('_', ' ')} stands in reverse order.", items(lambda data, _: data[::-1])
    )


@answers("createVectorStoreFile", "listVectorStoreFiles").function("VSF-MADE-01", area="store_files")
def refused_file_is_listed(answer: Answer, context: FaultContext) -> None:
    """A file that was refused is on the list of its vector store, as one that failed."""
    store_id = context.ids["vector_store_id"]
    if context.operation == "createVectorStoreFile" and answer.status in (400, 404):
        sent = context.sent.get("file_id")
        if isinstance(sent, str) and sent.startswith("file-"):
            context.memory[store_id] = sent
    elif answer.ok and context.operation == "listVectorStoreFiles" and store_id in context.memory:
        entry = store_file(
            context.memory[store_id], context.endpoint.clock.now(), store_id, attributes=None, chunking=None
        )
        error = {"code": "invalid_file", "message": "The file could not be read."}
        answer.body["data"].append({**entry, "status": "failed", "last_error": error})
        label_ends(answer.body)


@answer_bodies("listRuns").function("RUN-MADE-01", area="runs")
def run_that_nobody_made(body: Json, context: FaultContext) -> None:
    """A thread lists a run more than it had."""
    if body["data"] and not body["has_more"]:
        body["data"].append(_copied(body["data"][-1]))
        label_ends(body)


@answers("createRun", "listRuns").function("RUN-MADE-01", area="runs")
def refused_run_is_listed(answer: Answer, context: FaultContext) -> None:
    """A run that was refused is on the list of its thread."""
    thread_id = context.ids["thread_id"]
    if context.operation == "createRun" and answer.status == 400:
        context.memory[thread_id] = True
    elif answer.ok and context.operation == "listRuns" and thread_id in context.memory and answer.body["data"]:
        answer.body["data"].append(_copied(answer.body["data"][-1], status="queued"))
        label_ends(answer.body)
