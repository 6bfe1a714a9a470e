"""Streams whose deltas carry more than a text: function calls, code, file search, pictures, long characters."""

from conformance.scenarios.kit.driver import Driver
from conformance.scenarios.kit.fixtures import (
    FORCE_WEATHER,
    QUESTION,
    WEATHER,
    assistant,
    directed,
    outputs,
    place,
    thread,
)
from conformance.scenarios.kit.hosted_tools import (
    FORCE_CODE,
    FORCE_SEARCH,
    PLOT,
    SUM,
    code_assistant,
    read_code_run,
    read_search_run,
    search_assistant,
)
from conformance.scenarios.kit.readback import look_back, waiting


def test_drawn_picture(api: Driver) -> None:
    """Code that draws a picture, as a stream and read back: a message of a picture and a text."""
    request = {"assistant_id": code_assistant(api)["id"], **FORCE_CODE}
    look_back(api, api.stream("createRun", request, thread_id=thread(api, PLOT)["id"]))


def test_code_interpreter(api: Driver) -> None:
    """Code that is forced to run, as a stream."""
    coder, thread_id = code_assistant(api), thread(api, SUM)["id"]
    api.stream("createRun", {"assistant_id": coder["id"], **FORCE_CODE}, thread_id=thread_id)
    for run in api.page("listRuns", thread_id=thread_id):
        read_code_run(api, run)


def test_file_search(api: Driver) -> None:
    """A forced search as a stream, without contents."""
    reader, thread_id = search_assistant(api), thread(api, QUESTION)["id"]
    api.stream("createRun", {"assistant_id": reader["id"], **FORCE_SEARCH}, thread_id=thread_id)
    for run in api.page("listRuns", thread_id=thread_id):
        read_search_run(api, run)


def test_function(api: Driver) -> None:
    """A forced function call: one stream up to the waiting run, a second one from its outputs to the end."""
    made = assistant(api, tools=[WEATHER])
    stream = api.stream(
        "createRun", {"assistant_id": made["id"], "tool_choice": FORCE_WEATHER}, thread_id=thread(api)["id"]
    )
    run = waiting(stream)
    look_back(api, stream)
    look_back(api, api.stream("submitToolOuputsToRun", outputs(run), **place(run)))


def test_parallel_functions(api: Driver) -> None:
    """Two function calls at once, whose pieces are told apart by their index."""
    made = assistant(api, tools=[WEATHER], instructions="Always ask for the weather of all cities at the same time.")
    stream = api.stream(
        "createRun",
        {"assistant_id": made["id"], "tool_choice": "required", **directed(api, "call:2")},
        thread_id=thread(api, "How is the weather in Oslo and in Paris?")["id"],
    )
    run = waiting(stream)
    look_back(api, api.stream("submitToolOuputsToRun", outputs(run), **place(run)))


def test_lines(api: Driver) -> None:
    """A text of several lines with white space at their ends and at its own, streamed and read back."""
    made = assistant(api, instructions="Repeat what the user says, with every space and every line end.")
    text = "\tGrüße: \n\n  - 日本茶  \n  - two  spaces,\ta tab\t\r\n\n🥐 \n "
    request = {"assistant_id": made["id"], **directed(api, f"say:{text.lstrip()}")}
    look_back(api, api.stream("createRun", request, thread_id=thread(api, text)["id"]))


def test_many_bytes(api: Driver) -> None:
    """A text of characters of two to four bytes, of several code points, and of control characters in JSON."""
    made = assistant(api, instructions="Repeat what the user says, character by character.")
    text = 'Grüße, Ελληνικά, 日本語, 🌍👩‍👩‍👧, é,  , "quoted" \\ and\ttabbed, אבג.'
    request = {"assistant_id": made["id"], **directed(api, f"say:{text}")}
    look_back(api, api.stream("createRun", request, thread_id=thread(api, text)["id"]))
