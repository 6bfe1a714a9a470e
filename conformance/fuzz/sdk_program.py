"""A sequence as a Python program that uses the openai SDK and nothing else: for a bug report."""

import inspect
import keyword
from itertools import groupby
from pprint import pformat
from typing import Any

from conformance.fuzz.reproduction import Code, at, code_of, later
from conformance.fuzz.resource_kinds import KINDS
from conformance.fuzz.sequence import HOLDERS, MAX_PAGES, MAX_POLLS, OUTPUT, STORE_OF, UNFINISHED, CallMode, Step
from conformance.fuzz.shrinking import CallSequence
from conformance.scenarios.kit.multipart import Form
from conformance.session.attempt import FindingRecord

CALLS = {
    **{
        operation: f"{kind.sdk}.{verb}"
        for kind in KINDS.values()
        for verb, operation in zip(
            ("retrieve", "create", "update", "delete", "list"),
            (kind.read, kind.create, kind.change, kind.delete, kind.listing),
            strict=True,
        )
        if operation
    },
    "cancelRun": "beta.threads.runs.cancel",
    "submitToolOuputsToRun": "beta.threads.runs.submit_tool_outputs",
    "searchVectorStore": "vector_stores.search",
    "retrieveVectorStoreFileContent": "vector_stores.files.content",
    "cancelVectorStoreFileBatch": "vector_stores.file_batches.cancel",
    "listFilesInVectorStoreBatch": "vector_stores.file_batches.list_files",
}
"""The method of the SDK for each operation that sequences call."""

PROGRAM = '''"""{requirement}: {rule}

Expected: {expected}
Got:      {actual}

{length} that showed it. It needs openai 3.0 or a later 3.x.
It ends with "reproduced" and exit code 1 where the endpoint does so again, with "not reproduced" and 0
where it does not, and with "undecided" and 2 where it does not answer at all.
The endpoint is the first argument, or else what OPENAI_BASE_URL names, or else where this was found:
{url}. Its key is taken from OPENAI_API_KEY.
"""

import os
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai

warnings.simplefilter("ignore", DeprecationWarning)
client = openai.OpenAI(
    base_url=sys.argv[1] if len(sys.argv) > 1 else os.environ.get("OPENAI_BASE_URL", {url!r}),
    api_key=os.environ.get("OPENAI_API_KEY", "any"),
    max_retries=0,
)
MISSING = object()
answers = []  # one list of (status, body) for each call below


def ask(method, arguments):
    """Call the API once; returns the status and the body of the answer, (None, None) where none can be read."""
    name = method.__self__.__class__.__name__ + "." + method.__name__
    try:
        answer = getattr(method.__self__.with_raw_response, method.__name__)(**arguments)
        response = answer.http_response
        body = {{"events": [event.to_dict() for event in answer.parse()]}} if arguments.get("stream") else None
    except openai.APIStatusError as refusal:
        response, body = refusal.response, None
    except Exception as problem:
        print(f"{{name}} -> {{type(problem).__name__}}: {{problem}}")
        return None, None
    try:
        body = body or response.json()
    except ValueError:
        pass  # a text
    print(f"{{name}} -> {{response.status_code}} {{body}}")
    return response.status_code, body


def call(method, how="once", **arguments):
    """Call the API once, until what it shows moves no more ("poll"), or for all pages; returns the id in the answer."""
    seen = []
    answers.append(seen)
    while True:
        seen.append(ask(method, arguments))
        body = seen[-1][1]
        if how == "poll" and at(body, "status") in {unfinished} and len(seen) <= {polls}:
            time.sleep({pause})
        elif how == "all pages" and at(body, "has_more") is True and at(body, "last_id") and len(seen) <= {pages}:
            arguments["after"] = at(body, "last_id")
        else:
            break
    id = at(body, "data", 0, "id") if isinstance(at(body, "data"), list) else at(body, "id")
    return id if isinstance(id, str) else "nothing"


{at}{helpers}

{calls}

if all(status is None for group in answers for status, _ in group):
    print("undecided: the endpoint did not answer")
    sys.exit(2)
reproduced = {check}
print("reproduced" if reproduced else "not reproduced")
sys.exit(1 if reproduced else 0)
'''

HELPERS = {
    "together": '''

def together(*calls):
    """Make several calls at the same time."""
    with ThreadPoolExecutor(len(calls)) as threads:
        made = [threads.submit(ask, method, arguments) for method, arguments in calls]
        answers.append([one.result() for one in made])
''',
    "outputs": f'''

def outputs(run):
    """Outputs for the calls that a run was last seen waiting for."""
    calls = []
    for _, body in [one for group in answers for one in group]:
        waiting = at(body, "required_action", "submit_tool_outputs", "tool_calls")
        if at(body, "id") == run and isinstance(waiting, list):
            calls = waiting
    return [{{"tool_call_id": one["id"], "output": {OUTPUT!r}}} for one in calls]
''',
    "later": f"\n\n{inspect.getsource(later)}",
}


def sdk_program(
    sequence: CallSequence, finding: FindingRecord, check: str, *, rule: str, url: str, pause: float
) -> str:
    """The program for a sequence and the finding that it ends in; `check` is the expression that tells it again."""
    calls = "".join(_lines(sequence.steps))
    return PROGRAM.format(
        requirement=finding.requirement,
        rule=rule,
        expected=_one_line(finding.expected),
        actual=_one_line(finding.actual),
        length="The shortest sequence" if sequence.shortest else "Not fully shrunk (time ran out): a sequence",
        url=url,
        unfinished=tuple(sorted(UNFINISHED)),
        polls=MAX_POLLS,
        pages=MAX_PAGES,
        pause=pause,
        at=inspect.getsource(at),
        helpers="".join(text for name, text in HELPERS.items() if f"{name}(" in calls + check),
        calls=calls,
        check=check,
    )


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
    how = "" if step.how is CallMode.ONCE else f', "{step.how}"'
    arguments = "".join(f", {key}={pformat(value, width=100)}" for key, value in _arguments(step).items())
    line = f"call({_method(step)}{how}{arguments})\n"
    if step.makes and step.operation in HOLDERS:
        return f"{line}{step.makes.name} = at(answers[-1][-1][1], {', '.join(map(repr, STORE_OF))})\n"
    return f"{step.makes.name} = {line}" if step.makes else line


def _method(step: Step) -> Code:
    return Code(f"client.{CALLS[step.operation]}")


def _arguments(step: Step) -> dict[str, Any]:
    body = {"file": _upload(step.body), "purpose": "assistants"} if isinstance(step.body, Form) else step.body or {}
    given: dict[str, Any] = {**code_of(step.ids), **code_of(body), **code_of(step.query or {})}
    assert not any(keyword.iskeyword(key) for key in given)
    return given


def _upload(form: Form) -> tuple[str, bytes]:
    part = next(part for part in form.parts if part.filename)
    return part.filename or "file", part.content


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace('"""', "'''").replace("\\", "\\\\")
