"""Faults of what a client set: it is shown otherwise, drifts, or is lost."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import body, escaped, forget, lower_names, member, one_decimal
from conformance.proof.faults.fault import answers, objects, requests
from conformance.proof.faults.scene import Answer, Scene, Sent

Json = dict[str, Any]
CREATIONS = ("createAssistant", "createThread", "createMessage", "createRun", "createThreadAndRun")
MODIFICATIONS = ("modifyAssistant", "modifyThread", "modifyMessage", "modifyRun")


@objects("assistant", trips="IDENTITY-ECHO-01")
def name_loses_what_is_not_ascii(assistant: Json, scene: Scene) -> None:
    """A name loses its characters beyond ASCII."""
    if assistant["name"]:
        assistant["name"] = assistant["name"].encode("ascii", "ignore").decode()


@objects("assistant", trips="IDENTITY-ECHO-01")
def description_cut_when_shown(assistant: Json, scene: Scene) -> None:
    """A description is cut at 500 characters when it is shown."""
    if assistant["description"]:
        assistant["description"] = assistant["description"][:500]


@objects("assistant", trips="IDENTITY-ECHO-02")
def temperature_zero_is_one(assistant: Json, scene: Scene) -> None:
    """A temperature of 0 counts as none and is shown as 1."""
    assistant["temperature"] = assistant["temperature"] or 1.0


for _name in ("temperature", "top_p"):
    requests(
        "createAssistant",
        "modifyAssistant",
        trips="IDENTITY-ECHO-02",
        id=f"identity.{_name}_rounded",
        about=f"The {_name} of an assistant is kept with one decimal.",
    )(member(_name, one_decimal))
    requests(
        "createRun",
        "createThreadAndRun",
        trips="IDENTITY-ECHO-06",
        id=f"identity.{_name}_of_a_run_rounded",
        about=f"The {_name} of a run is kept with one decimal.",
    )(member(_name, one_decimal))


@objects("assistant", trips="IDENTITY-ECHO-02")
def format_always_auto(assistant: Json, scene: Scene) -> None:
    """The response format is shown as auto, whatever was sent."""
    assistant["response_format"] = "auto"


@objects("assistant", trips="IDENTITY-ECHO-03")
def tools_sorted(assistant: Json, scene: Scene) -> None:
    """Tools are shown in reverse order."""
    assistant["tools"] = assistant["tools"][::-1]


@objects("thread.run", trips="IDENTITY-ECHO-03")
def function_description_lost(run: Json, scene: Scene) -> None:
    """The functions of a run have lost their descriptions."""
    for tool in run["tools"]:
        if tool["type"] == "function":
            tool["function"] = {name: part for name, part in tool["function"].items() if name != "description"}


@requests("createThread", "createMessage", "createRun", trips="IDENTITY-ECHO-04")
def metadata_of_its_own(sent: Sent, scene: Scene) -> None:
    """Metadata gets a key of the endpoint's own on creation."""
    if isinstance(sent.body, dict) and isinstance(sent.body.get("metadata"), dict) and len(sent.body["metadata"]) < 16:
        sent.body["metadata"]["created_by"] = "api"


@answers(*MODIFICATIONS, trips="IDENTITY-ECHO-04")
def metadata_loses_a_key(answer: Answer, scene: Scene) -> None:
    """A modification loses the last key of the metadata that was sent."""
    if answer.ok and isinstance(scene.sent, dict) and scene.sent.get("metadata"):
        answer.body["metadata"] = dict(list(answer.body["metadata"].items())[:-1])


requests(
    *CREATIONS,
    trips="IDENTITY-ECHO-04",
    id="identity.metadata_names_in_lower_case",
    about="The keys of metadata are kept in lower case.",
)(member("metadata", lower_names))
requests(
    "createRun",
    "createThreadAndRun",
    trips="IDENTITY-ECHO-04",
    id="identity.metadata_of_new_runs_escaped",
    about="The metadata of a new run is kept as HTML would write it.",
)(member("metadata", escaped))
requests(
    *MODIFICATIONS,
    trips="IDENTITY-ECHO-04",
    id="identity.modified_metadata_escaped",
    about="Metadata of a modification is kept as HTML would write it.",
)(member("metadata", escaped))
requests("createMessage", trips="IDENTITY-ECHO-05", id="identity.text_loses_emoji", about="A text loses its emoji.")(
    member(
        "content",
        lambda text: "".join(letter for letter in text if ord(letter) < 0x10000) if isinstance(text, str) else text,
    )
)
requests(
    "createThread",
    trips="IDENTITY-THREAD-01",
    id="identity.first_messages_are_trimmed",
    about="The messages of a new thread lose their last character.",
)(member("messages.content", lambda text: text[:-1] if isinstance(text, str) and len(text) > 1 else text))
requests(
    "createRun",
    trips="IDENTITY-ECHO-06",
    id="identity.truncation_ignored",
    about="The truncation strategy of a run is ignored.",
)(forget("truncation_strategy"))
requests(
    "createThreadAndRun",
    trips="IDENTITY-ECHO-06",
    id="identity.token_caps_ignored_with_thread",
    about="The token caps of a run that is created with its thread are ignored.",
)(body(lambda sent: [sent.pop(name, None) for name in ("max_prompt_tokens", "max_completion_tokens")]))


@objects("thread.run", "assistant", trips="IDENTITY-ECHO-07")
def model_with_date(shown: Json, scene: Scene) -> None:
    """The model is shown as a dated version of it."""
    shown["model"] = f"{shown['model']}-2024-07-18"


@requests("modifyAssistant", trips="IDENTITY-MODIFY-01")
def modification_replaces_all(sent: Sent, scene: Scene) -> None:
    """Modifying an assistant takes its instructions away unless they are sent again."""
    if isinstance(sent.body, dict):
        sent.body.setdefault("instructions", None)


@requests("modifyAssistant", trips="IDENTITY-MODIFY-01")
def modification_resets_tools(sent: Sent, scene: Scene) -> None:
    """Modifying an assistant's metadata resets its tools."""
    if isinstance(sent.body, dict) and "metadata" in sent.body:
        sent.body.setdefault("tools", [])


@objects("thread.run", "assistant", "thread", "thread.message", trips="IDENTITY-READ-01")
def no_metadata_in_lists(shown: Json, scene: Scene) -> None:
    """Objects on lists show no metadata."""
    if scene.listed:
        shown["metadata"] = {}


@objects("thread.run", trips="IDENTITY-READ-01")
def instructions_only_at_first(run: Json, scene: Scene) -> None:
    """The instructions of a run are shown by the answer that creates it only."""
    if scene.operation not in ("createRun", "createThreadAndRun") or scene.event is not None:
        run["instructions"] = None


@answers("modifyAssistant", "modifyThread", trips="IDENTITY-READ-01")
def modification_is_not_kept(answer: Answer, scene: Scene) -> None:
    """The metadata of a modification is answered and not kept."""
    if answer.ok and isinstance(scene.sent, dict) and scene.sent.get("metadata"):
        store, name = scene.endpoint.store, answer.body["id"]
        record = store.assistants.get(name) or store.threads[name]
        record.value = {**record.value, "metadata": {}}


@answers("modifyAssistant", trips="IDENTITY-CLEAR-01")
def null_changes_nothing(answer: Answer, scene: Scene) -> None:
    """Null is taken for nothing sent: the name and the instructions stay."""
    if answer.ok:
        shown = scene.memory.setdefault(answer.body["id"], {})
        for name in ("name", "description", "instructions"):
            if scene.sent.get(name, "") is None and shown.get(name):
                answer.body[name] = shown[name]
            shown[name] = answer.body[name]


@answers("modifyAssistant", trips="IDENTITY-REFUSED-01")
def half_modified(answer: Answer, scene: Scene) -> None:
    """A modification that is refused has changed the metadata by then."""
    assistant = scene.endpoint.store.assistants.get(scene.ids["assistant_id"])
    if answer.status == 400 and assistant is not None:
        assistant.value = {**assistant.value, "metadata": {"half": "done"}}


@answers("createAssistant", trips="IDENTITY-REFUSED-03")
def refused_assistant_is_there(answer: Answer, scene: Scene) -> None:
    """An assistant that is refused for one field is made without it."""
    if answer.status == 400 and isinstance(scene.sent, dict) and isinstance(scene.sent.get("metadata"), dict):
        from conformance.reference import objects as made

        store, ids = scene.endpoint.store, scene.endpoint.ids
        kept = {"model": "gpt-4o-mini", "metadata": scene.sent["metadata"]}
        store.add(made.assistant(ids.make("asst"), scene.endpoint.clock.now(), kept), store.assistants)


@objects("thread.run", trips="IDENTITY-RUN-01")
def temperature_not_inherited(run: Json, scene: Scene) -> None:
    """A run does not inherit its assistant's temperature."""
    sent = scene.endpoint.store.assistants.get(run["assistant_id"])
    if sent is not None and run["temperature"] == sent.value["temperature"]:
        run["temperature"] = 0.7


@answers("createThreadAndRun", trips="IDENTITY-RUN-01")
def tools_not_inherited_with_thread(answer: Answer, scene: Scene) -> None:
    """A run that is created with its thread is answered without its assistant's tools."""
    if answer.ok and scene.sent.get("tools") is None:
        answer.body["tools"] = []


@answers("modifyAssistant", trips="IDENTITY-RUN-02")
def runs_follow_their_assistant(answer: Answer, scene: Scene) -> None:
    """Modifying an assistant changes the runs that it has already."""
    if answer.ok:
        for thread in scene.endpoint.store.threads.values():
            for run in thread.runs.values():
                if run.value["assistant_id"] == answer.body["id"]:
                    run.value.update(instructions=answer.body["instructions"], model=answer.body["model"])


@requests("createThread", trips="IDENTITY-THREAD-01")
def last_message_of_a_new_thread_is_lost(sent: Sent, scene: Scene) -> None:
    """A thread that is created with several messages holds the first only."""
    if isinstance(sent.body, dict) and isinstance(sent.body.get("messages"), list):
        sent.body["messages"] = sent.body["messages"][:1]


@requests("createThreadAndRun", trips="IDENTITY-THREAD-01")
def messages_of_a_thread_with_run_are_lost(sent: Sent, scene: Scene) -> None:
    """A thread that is created with a run loses its first message."""
    thread = sent.body.get("thread") if isinstance(sent.body, dict) else None
    if isinstance(thread, dict) and isinstance(thread.get("messages"), list) and len(thread["messages"]) > 1:
        thread["messages"] = thread["messages"][1:]


@answers("createAssistant", trips="LIMIT-ASST-09")
def another_default_temperature(answer: Answer, scene: Scene) -> None:
    """An assistant created with a model only has a temperature of 0.7."""
    if answer.ok and scene.sent.keys() == {"model"}:
        answer.body["temperature"] = 0.7


@objects("assistant", trips="LIMIT-ASST-09")
def default_instructions(assistant: Json, scene: Scene) -> None:
    """An assistant without instructions has some of the endpoint's own."""
    assistant["instructions"] = assistant["instructions"] or "You are a helpful assistant."


requests(
    "createRun",
    trips="LIMIT-RUN-13",
    id="identity.additional_messages_lost",
    about="Additional messages of a run are accepted and lost.",
)(forget("additional_messages", unless=lambda value: value is None or not all(isinstance(x, dict) for x in value)))


@requests("createRun", trips="LIMIT-RUN-14")
def additional_instructions_replace(sent: Sent, scene: Scene) -> None:
    """Additional instructions replace the instructions."""
    if isinstance(sent.body, dict) and isinstance(sent.body.get("additional_instructions"), str):
        sent.body["instructions"] = sent.body.pop("additional_instructions")


@objects("thread.run", trips="RUN-DEFAULT-01")
def cap_of_its_own(run: Json, scene: Scene) -> None:
    """A run whose request says nothing of it shows a cap on completion tokens."""
    run["max_completion_tokens"] = run["max_completion_tokens"] or 4096
