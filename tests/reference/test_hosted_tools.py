"""Runs that search files and execute code: steps, streams, citations, pictures and what is kept from view."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conformance.reference.tool_results import annotated
from tests.reference.uploads import store_with, upload
from tests.reference.wait import names, settled, stream, until

New = Callable[..., dict[str, Any]]
CONTENT = {"include[]": "step_details.tool_calls[*].file_search.results[*].content"}
SEARCH: dict[str, Any] = {"type": "file_search"}
CODE: dict[str, Any] = {"type": "code_interpreter"}
QUESTION = "Which number does the oldest pear tree carry?"


def asked(text: str = QUESTION) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


def steps(http: httpx.Client, run: dict[str, Any], **query: str) -> list[dict[str, Any]]:
    path = f"/threads/{run['thread_id']}/runs/{run['id']}/steps"
    shown: list[dict[str, Any]] = http.get(path, params={"order": "asc", **query}).json()["data"]
    for step in (each for each in shown if each["status"] != "in_progress"):
        assert http.get(f"{path}/{step['id']}", params=query).json() == step
    return shown


def reply(http: httpx.Client, run: dict[str, Any]) -> list[dict[str, Any]]:
    (message,) = http.get(f"/threads/{run['thread_id']}/messages", params={"run_id": run["id"]}).json()["data"]
    content: list[dict[str, Any]] = message["content"]
    return content


@pytest.fixture
def reader(http: httpx.Client, new: New) -> str:
    store = store_with(http, upload(http))["id"]
    resources = {"file_search": {"vector_store_ids": [store]}}
    return str(new("assistants", model="gpt-4o", tools=[SEARCH], tool_resources=resources)["id"])


def test_a_search_and_what_it_cites(http: httpx.Client, new: New, reader: str) -> None:
    run = settled(http, new("threads/runs", assistant_id=reader, thread=asked()))
    assert run["status"] == "completed"
    search, writing = steps(http, run)
    assert (search["type"], search["status"], writing["type"]) == ("tool_calls", "completed", "message_creation")
    (call,) = search["step_details"]["tool_calls"]
    assert call["file_search"]["ranking_options"] == {"ranker": "default_2024_08_21", "score_threshold": 0.0}
    (row,) = call["file_search"]["results"]
    assert list(row) == ["file_id", "file_name", "score", "attributes"]
    (full,) = steps(http, run, **CONTENT)[0]["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert "4711" in full["content"][0]["text"]
    assert {name: part for name, part in full.items() if name != "content"} == row

    text = reply(http, run)[0]["text"]
    (citation,) = text["annotations"]
    assert citation["file_citation"] == {"file_id": row["file_id"]}
    assert text["value"][citation["start_index"] : citation["end_index"]] == citation["text"] == "【4:0†orchard.md】"
    assert "4711" in text["value"]
    assert run["usage"]["total_tokens"] == search["usage"]["total_tokens"] + writing["usage"]["total_tokens"]


@pytest.mark.parametrize("included", [False, True])
def test_a_search_as_a_stream(http: httpx.Client, new: New, reader: str, included: bool) -> None:
    thread = new("threads", **asked())["id"]
    path = f"/threads/{thread}/runs" + (f"?include[]={CONTENT['include[]']}" if included else "")
    events = stream(http, path, assistant_id=reader)
    assert names(events)[3:8] == [
        "thread.run.step.created",
        "thread.run.step.in_progress",
        "thread.run.step.delta",
        "thread.run.step.completed",
        "thread.run.step.created",
    ]
    told: list[Any] = [event.json for event in events if not event.is_done]
    delta = next(data for data in told if data["object"] == "thread.run.step.delta")
    assert delta["delta"]["step_details"]["tool_calls"][0]["file_search"]["results"] == []
    done = next(data for data in told if data["object"] == "thread.run.step" and data["status"] == "completed")
    (row,) = done["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert ("content" in row) is included
    pieces = [data["delta"]["content"][0]["text"] for data in told if data.get("object") == "thread.message.delta"]
    (annotation,) = [each for piece in pieces for each in piece.get("annotations", [])]
    assert (annotation["index"], annotation["file_citation"]["quote"]) == (0, "")
    completed = next(data for data in told if data["object"] == "thread.message" and data["status"] == "completed")
    assert "".join(piece["value"] for piece in pieces) == completed["content"][0]["text"]["value"]


def test_how_many_and_how_good(http: httpx.Client, new: New) -> None:
    files = [upload(http, f"pear-{number}.txt", f"Pear number {number}.") for number in range(22)]
    store = store_with(http, *files)["id"]

    def results(model: str = "gpt-4o", **options: Any) -> int:
        tool = {"type": "file_search", "file_search": options}
        body = {"tools": [tool], "tool_resources": {"file_search": {"vector_store_ids": [store]}}}
        made = new("assistants", model=model, **body)
        run = settled(
            http, new("threads/runs", assistant_id=made["id"], thread=asked("Pear number"), tool_choice=SEARCH)
        )
        return len(steps(http, run)[0]["step_details"]["tool_calls"][0]["file_search"]["results"])

    assert results() == 20
    assert results("gpt-3.5-turbo") == 5
    assert results(max_num_results=3) == 3
    assert results(ranking_options={"score_threshold": 0.99}) == 0


def test_the_stores_of_assistant_and_thread_are_both_searched(http: httpx.Client, new: New, reader: str) -> None:
    attached = {"file_id": upload(http, "more.txt", "Another pear tree carries number 12."), "tools": [SEARCH]}
    thread = {"messages": [{"role": "user", "content": QUESTION, "attachments": [attached]}]}
    run = settled(http, new("threads/runs", assistant_id=reader, thread=thread))
    rows = steps(http, run)[0]["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert {row["file_name"] for row in rows} == {"orchard.md", "more.txt"}


def test_a_search_with_nothing_to_search(http: httpx.Client, new: New) -> None:
    made = new("assistants", model="gpt-4o", tools=[SEARCH])["id"]
    plain = settled(http, new("threads/runs", assistant_id=made, thread=asked()))
    assert [step["type"] for step in steps(http, plain)] == ["message_creation"]
    forced = settled(http, new("threads/runs", assistant_id=made, thread=asked(), tool_choice=SEARCH))
    assert steps(http, forced)[0]["step_details"]["tool_calls"][0]["file_search"]["results"] == []


@pytest.mark.parametrize("choice", ["none", "auto", "required", CODE])
def test_when_code_is_executed(http: httpx.Client, new: New, choice: Any) -> None:
    made = new("assistants", model="gpt-4o", tools=[CODE])["id"]
    run = settled(http, new("threads/runs", assistant_id=made, thread=asked("Hello"), tool_choice=choice))
    used = [step["type"] for step in steps(http, run)] == ["tool_calls", "message_creation"]
    assert used is (choice not in ("none", "auto"))


def test_code_its_logs_and_its_files(http: httpx.Client, new: New) -> None:
    text = "Sum the numbers from 1 to 100, plot them, and write the sum to a csv file."
    made = new("assistants", model="gpt-4o", tools=[CODE])["id"]
    thread = new("threads", **asked(text))["id"]
    events = stream(http, f"/threads/{thread}/runs", assistant_id=made)
    (run,) = http.get(f"/threads/{thread}/runs").json()["data"]
    (call,) = steps(http, run)[0]["step_details"]["tool_calls"]
    logs, image = call["code_interpreter"]["outputs"]
    assert logs == {"type": "logs", "logs": "5050\n"}
    picture = image["image"]["file_id"]

    shown, written = reply(http, run)
    assert shown == {"type": "image_file", "image_file": {"file_id": picture}}
    (path,) = written["text"]["annotations"]
    assert (path["type"], path["text"]) == ("file_path", "sandbox:/mnt/data/result.csv")
    assert written["text"]["value"][path["start_index"] : path["end_index"]] == path["text"]
    for file_id in (picture, path["file_path"]["file_id"]):
        assert http.get(f"/files/{file_id}").json()["purpose"] == "assistants_output"
    assert http.get(f"/files/{picture}/content").content.startswith(b"\x89PNG")

    deltas: list[Any] = [event.json["delta"] for event in events if event.name == "thread.run.step.delta"]
    parts = [delta["step_details"]["tool_calls"][0]["code_interpreter"] for delta in deltas]
    assert parts[0] == {"input": "", "outputs": []}
    assert "".join(part.get("input", "") for part in parts) == call["code_interpreter"]["input"]
    assert parts[-1] == {"outputs": [{"index": 0, **logs}, {"index": 1, **image}]}
    indices = [event.json["delta"]["content"][0]["index"] for event in events if event.name == "thread.message.delta"]
    assert indices == sorted(indices)
    assert set(indices) == {0, 1}


def test_code_reads_the_files_of_assistant_and_thread(http: httpx.Client, new: New) -> None:
    own, attached = upload(http, "own.csv", "a,b\n"), upload(http, "more.csv", "a,b,c\n")
    resources = {"code_interpreter": {"file_ids": [own]}}
    made = new("assistants", model="gpt-4o", tools=[CODE], tool_resources=resources)["id"]
    message = {"role": "user", "content": "Go", "attachments": [{"file_id": attached, "tools": [CODE]}]}
    run = settled(http, new("threads/runs", assistant_id=made, thread={"messages": [message]}, tool_choice=CODE))
    (logs,) = steps(http, run)[0]["step_details"]["tool_calls"][0]["code_interpreter"]["outputs"]
    assert logs["logs"] == f"/mnt/data/{own} 4\n/mnt/data/{attached} 6\n"


@pytest.mark.parametrize("directive", ["search", "code"])
@pytest.mark.parametrize(
    ("halt", "ended", "moment"),
    [("slow", "cancelled", "cancelled_at"), ("fail", "failed", "failed_at"), ("slow", "expired", None)],
)
def test_a_tool_that_does_not_end(
    http: httpx.Client, new: New, directive: str, halt: str, ended: str, moment: str | None
) -> None:
    made = new("assistants", model="gpt-4o", tools=[SEARCH, CODE])["id"]
    script = {"script": f"{directive}; {halt}"}
    run = new("threads/runs", assistant_id=made, thread=asked(), metadata=script)
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    if halt == "slow":
        while not steps(http, run):
            pass
        (step,) = steps(http, run)
        assert (step["status"], step["usage"]) == ("in_progress", None)
    if ended == "cancelled":
        assert http.post(f"{path}/cancel").json()["status"] == "cancelling"
    if ended == "expired":
        http.post(str(http.base_url).removesuffix("/v1/") + f"/_reference/runs/{run['id']}/expire")
    until(http, run, ended)
    (step,) = steps(http, run)
    assert step["status"] == ended
    ends = ("completed_at", "failed_at", "cancelled_at")
    assert [name for name in ends if step[name] is not None] == [moment for _ in [0] if moment]
    assert (step["last_error"] is not None) is (ended == "failed")


def test_hosted_tools_come_before_functions(http: httpx.Client, new: New) -> None:
    function = {"type": "function", "function": {"name": "get_day"}}
    made = new("assistants", model="gpt-4o", tools=[CODE, function])["id"]
    script = {"script": "code; call"}
    run = settled(http, new("threads/runs", assistant_id=made, thread=asked(), metadata=script))
    (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = {"tool_outputs": [{"tool_call_id": call["id"], "output": "Monday"}]}
    http.post(f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs", json=outputs)
    settled(http, run)
    kinds = [[call["type"] for call in step["step_details"].get("tool_calls", [])] for step in steps(http, run)]
    assert kinds == [["code_interpreter"], ["function"], []]
    assert "Monday" in reply(http, run)[0]["text"]["value"]


@pytest.mark.parametrize(
    ("words", "strategy", "status"),
    [
        ((300,), None, "incomplete"),
        ((300, 20), None, "completed"),
        ((300, 20), {"type": "last_messages", "last_messages": 1}, "completed"),
        ((300, 20), {"type": "last_messages", "last_messages": 2}, "incomplete"),
    ],
)
def test_prompts_are_cut_to_their_cap(
    http: httpx.Client, new: New, words: tuple[int, ...], strategy: Any, status: str
) -> None:
    made = new("assistants", model="gpt-4o")["id"]
    thread = {"messages": [{"role": "user", "content": "word " * count} for count in words]}
    request = {"assistant_id": made, "thread": thread, "max_prompt_tokens": 256, "truncation_strategy": strategy}
    run = settled(http, new("threads/runs", **request))
    assert run["status"] == status
    assert run["usage"]["prompt_tokens"] <= 256
    reason = {"reason": "max_prompt_tokens"} if status == "incomplete" else None
    assert run["incomplete_details"] == reason


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("plain", ["plain"]),
        ("【4:0†a】", ["【4:0†a】"]),
        ("x【4:0†a】y【4:0†a】", ["x", "【4:0†a】", "y", "【4:0†a】"]),
    ],
)
def test_annotations_stand_on_their_words(text: str, parts: list[str]) -> None:
    marks = {"【4:0†a】": {"type": "file_citation", "file_citation": {"file_id": "file-a"}}}
    cut = list(annotated(text, marks))
    assert [part for part, _ in cut] == parts
    for part, annotation in cut:
        assert (annotation is not None) is (part in marks)
        if annotation:
            assert text[annotation["start_index"] : annotation["end_index"]] == part
