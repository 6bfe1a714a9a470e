"""A sequence as a Python program that uses the openai SDK and nothing else: for a bug report."""

import keyword
from itertools import groupby
from pprint import pformat
from typing import Any

from conformance.fuzz.reproduction import MISSING, UNNAMED, ReproductionCheck, Same
from conformance.fuzz.sequence import MAX_PAGES, MAX_POLLS, OUTPUT, UNFINISHED, CallMode, Outputs, ResourceRef, Step
from conformance.fuzz.shrinking import CallSequence
from conformance.scenarios.kit.multipart import Form
from conformance.session.attempt import FindingRecord

CALLS = {
    "createAssistant": "beta.assistants.create",
    "modifyAssistant": "beta.assistants.update",
    "getAssistant": "beta.assistants.retrieve",
    "deleteAssistant": "beta.assistants.delete",
    "listAssistants": "beta.assistants.list",
    "createThread": "beta.threads.create",
    "modifyThread": "beta.threads.update",
    "getThread": "beta.threads.retrieve",
    "deleteThread": "beta.threads.delete",
    "createMessage": "beta.threads.messages.create",
    "modifyMessage": "beta.threads.messages.update",
    "getMessage": "beta.threads.messages.retrieve",
    "deleteMessage": "beta.threads.messages.delete",
    "listMessages": "beta.threads.messages.list",
    "createRun": "beta.threads.runs.create",
    "getRun": "beta.threads.runs.retrieve",
    "modifyRun": "beta.threads.runs.update",
    "listRuns": "beta.threads.runs.list",
    "cancelRun": "beta.threads.runs.cancel",
    "submitToolOuputsToRun": "beta.threads.runs.submit_tool_outputs",
    "listRunSteps": "beta.threads.runs.steps.list",
    "getRunStep": "beta.threads.runs.steps.retrieve",
    "createFile": "files.create",
    "retrieveFile": "files.retrieve",
    "deleteFile": "files.delete",
    "listFiles": "files.list",
    "createVectorStore": "vector_stores.create",
    "getVectorStore": "vector_stores.retrieve",
    "modifyVectorStore": "vector_stores.update",
    "deleteVectorStore": "vector_stores.delete",
    "listVectorStores": "vector_stores.list",
    "searchVectorStore": "vector_stores.search",
    "createVectorStoreFile": "vector_stores.files.create",
    "getVectorStoreFile": "vector_stores.files.retrieve",
    "updateVectorStoreFileAttributes": "vector_stores.files.update",
    "retrieveVectorStoreFileContent": "vector_stores.files.content",
    "listVectorStoreFiles": "vector_stores.files.list",
    "deleteVectorStoreFile": "vector_stores.files.delete",
    "createVectorStoreFileBatch": "vector_stores.file_batches.create",
    "getVectorStoreFileBatch": "vector_stores.file_batches.retrieve",
    "cancelVectorStoreFileBatch": "vector_stores.file_batches.cancel",
    "listFilesInVectorStoreBatch": "vector_stores.file_batches.list_files",
}
"""The method of the SDK for each operation that the model calls."""

HEAD = '''"""{requirement}: {rule}

Expected: {expected}
Got:      {actual}

{length} that showed it; it needs openai {version} or a later 3.x. It ends with "reproduced" and
exit code 1 where the endpoint does so again, with "not reproduced" and 0 where it does not, and with
"undecided" and 2 where it does not answer at all.
The endpoint is the first argument, or else what OPENAI_BASE_URL names, or else where this was found:
{url}. Its key is taken from OPENAI_API_KEY.
"""

import os
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import openai

warnings.simplefilter("ignore", DeprecationWarning)
client = openai.OpenAI(
    base_url=sys.argv[1] if len(sys.argv) > 1 else os.environ.get("OPENAI_BASE_URL", {url!r}),
    api_key=os.environ.get("OPENAI_API_KEY", {key!r}),
    max_retries=0,
)
NOTHING = SimpleNamespace(id="nothing")
answers = []  # one list of (status, body) for each call below
'''

ONCE = '''

def ask(method, arguments):
    """Call the API once; returns the answer, its status and its body. An error is told, and the program goes on."""
    name = method.__self__.__class__.__name__ + "." + method.__name__
    try:
        answer = method(**arguments)
        if arguments.get("stream"):
            events = [event.to_dict() for event in answer]
            print(f"{name} -> 200 {[event['event'] for event in events]}")
            return NOTHING, 200, {"events": events}
    except openai.APIStatusError as refusal:
        print(f"{name} -> {refusal.status_code} {refusal.body}")
        return NOTHING, refusal.status_code, {"error": refusal.body}
    except Exception as problem:  # no answer, or none that the SDK can read
        print(f"{name} -> {type(problem).__name__}: {problem}")
        return NOTHING, None, None
    if not hasattr(answer, "to_dict"):  # null, or a text
        print(f"{name} -> 200 {answer!r}")
        return NOTHING, 200, answer
    print(f"{name} -> 200 {answer.to_json(indent=None)}")
    return answer, 200, answer.to_dict()


def call(method, **arguments):
    """Call the API once; returns what came back."""
    answer, status, body = ask(method, arguments)
    answers.append([(status, body)])
    return answer


def at(body, *path):
    """What is at a path in a body; NOTHING where there is nothing."""
    for step in path:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return NOTHING
    return body
'''

HELPERS = {
    "poll": f'''

def poll(method, **arguments):
    """Look at something until it moves no more; returns the last look."""
    seen = []
    answers.append(seen)
    for _ in range({MAX_POLLS + 1}):
        answer, status, body = ask(method, arguments)
        seen.append((status, body))
        if at(body, "status") not in {tuple(sorted(UNFINISHED))!r}:
            break
        time.sleep(PAUSE)
    return answer
''',
    "list_pages": f'''

def list_pages(method, **arguments):
    """Go through a list page by page; returns the first page."""
    seen, first = [], None
    answers.append(seen)
    for _ in range({MAX_PAGES + 1}):
        answer, status, body = ask(method, arguments)
        seen.append((status, body))
        first = first or answer
        if at(body, "has_more") is not True or not isinstance(at(body, "last_id"), str):
            break
        arguments["after"] = body["last_id"]
    return first
''',
    "together": '''

def together(*calls):
    """Make several calls at the same time."""
    with ThreadPoolExecutor(len(calls)) as threads:
        made = [threads.submit(ask, method, arguments) for method, arguments in calls]
        answers.append([one.result()[1:] for one in made])
''',
    "later": '''

def later(start, end):
    """How many seconds a time is after another one; NaN where one of them is none."""
    both = isinstance(start, int) and isinstance(end, int)
    return end - start if both else float("nan")
''',
    "first": '''

def first(page):
    """The first object on a page."""
    return page.data[0] if page is not NOTHING and page.data else NOTHING
''',
    "store_of": '''

def store_of(holder):
    """The vector store that an assistant or thread uses."""
    body = None if holder is NOTHING else holder.to_dict()
    found = at(body, "tool_resources", "file_search", "vector_store_ids", 0)
    return SimpleNamespace(id=found) if isinstance(found, str) else NOTHING
''',
    "outputs": f'''

def outputs(run):
    """Outputs for the calls that a run was last seen waiting for."""
    calls = []
    for _, body in [one for group in answers for one in group]:
        waiting = at(body, "required_action", "submit_tool_outputs", "tool_calls")
        if at(body, "id") == run.id and isinstance(waiting, list):
            calls = waiting
    return [{{"tool_call_id": one["id"], "output": {OUTPUT!r}}} for one in calls]
''',
}


class Name(str):
    """A piece of the program itself, to be printed without quotes."""

    def __repr__(self) -> str:
        return str(self)


def sdk_program(
    sequence: CallSequence, finding: FindingRecord, check: ReproductionCheck, *, rule: str, url: str, pause: float
) -> str:
    """The program for a sequence and the finding that it ends in; `check` is how it tells that it reproduced it."""
    head = HEAD.format(
        requirement=finding.requirement,
        rule=rule,
        expected=_one_line(finding.expected),
        actual=_one_line(finding.actual),
        length="The shortest sequence" if sequence.shortest else "Not fully shrunk (time ran out): a sequence",
        version="3.0",
        url=url,
        key="any",
    )
    body = "".join(_lines(sequence.steps))
    ending = _ending(sequence, check)
    helpers = "".join(text for name, text in HELPERS.items() if f"{name}(" in body + ending)
    return head + (f"PAUSE = {pause!r}\n" if "poll(" in body else "") + ONCE + helpers + "\n\n" + body + ending


def _lines(steps: tuple[Step, ...]) -> list[str]:
    lines = []
    for group, some in groupby(steps, key=lambda step: step.group):
        if group is None:
            lines += [_plain(step) for step in some]
        else:
            pairs = (f"({_method(step)}, {_arguments(step)!r})" for step in some)
            lines.append("together(\n" + "".join(f"    {pair},\n" for pair in pairs) + ")\n")
    return lines


def _plain(step: Step) -> str:
    how = {CallMode.ONCE: "call", CallMode.POLL: "poll", CallMode.ALL_PAGES: "list_pages"}[step.how]
    arguments = "".join(f", {key}={pformat(value, width=100)}" for key, value in _arguments(step).items())
    line = f"{how}({_method(step)}{arguments})"
    if step.makes and step.operation.startswith("list"):
        line = f"first({line})"
    elif step.makes and step.operation.startswith("get"):
        line = f"store_of({line})"
    return f"{step.makes.name} = {line}\n" if step.makes else f"{line}\n"


def _method(step: Step) -> Name:
    return Name(f"client.{CALLS[step.operation]}")


def _arguments(step: Step) -> dict[str, Any]:
    body = {"file": _upload(step.body), "purpose": "assistants"} if isinstance(step.body, Form) else step.body or {}
    given: dict[str, Any] = {**_shown(step.ids), **_shown(body), **_shown(step.query or {})}
    assert not any(keyword.iskeyword(key) for key in given)
    return given


def _upload(form: Form) -> tuple[str, bytes]:
    part = next(part for part in form.parts if part.filename)
    return part.filename or "file", part.content


def _shown(value: Any) -> Any:
    match value:
        case ResourceRef():
            return Name(f"{value.name}.id")
        case Same(path):
            return Name(f"at(body{''.join(f', {step!r}' for step in path)})")
        case Outputs(run, times):
            return Name(f"outputs({run.name})" + (f" * {times}" if times > 1 else ""))
        case dict():
            return {key: _shown(item) for key, item in value.items()}
        case list():
            return [_shown(item) for item in value]
        case _:
            return value


def _ending(sequence: CallSequence, check: ReproductionCheck) -> str:
    calls = _calls(sequence.steps)
    looked_at = f"answers[{calls[check.step]}]{'[-1:]' if check.last else ''}"
    return f"""

def shows(status, body):
    \"\"\"Whether an answer is the wrong one.\"\"\"
    return {_condition(check, calls)}


if all(status is None for group in answers for status, _ in group):
    print("undecided: the endpoint did not answer")
    sys.exit(2)
reproduced = sum(shows(*answer) for answer in {looked_at}) >= {check.times}
print("reproduced" if reproduced else "not reproduced")
sys.exit(1 if reproduced else 0)
"""


def _calls(steps: tuple[Step, ...]) -> list[int]:
    """For each step, the number of the call in the program that takes it."""
    numbers: list[int] = []
    for index, step in enumerate(steps):
        same = index > 0 and step.group is not None and step.group == steps[index - 1].group
        numbers.append(numbers[-1] + (not same) if numbers else 0)
    return numbers


def _condition(check: ReproductionCheck, calls: list[int]) -> str:
    told = f"status == {check.status}"
    if check.path is None:
        return told
    here = f"at(body{''.join(f', {step!r}' for step in check.path)})"
    if check.since is not None:
        step, path = check.since
        before = f"at(answers[{calls[step]}][-1][1]{''.join(f', {one!r}' for one in path)})"
        return f"{told} and {here} != {before}"
    if check.apart is not None:
        path, seconds, above = check.apart
        start = f"at(body{''.join(f', {step!r}' for step in path)})"
        return f"{told} and later({start}, {here}) {'>' if above else '<'} {seconds}"
    if check.value is UNNAMED:  # something is there that should not be
        return f"{told} and {here} is not NOTHING"
    value = "NOTHING" if check.value is MISSING else repr(_shown(check.value))
    operator = (
        ("!=" if check.differs else "==") if check.value is not MISSING else ("is not" if check.differs else "is")
    )
    return f"{told} and {here} {operator} {value}"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace('"""', "'''").replace("\\", "\\\\")
