"""A story as a Python program that uses the openai SDK and nothing else: for a bug report."""

from __future__ import annotations

import keyword
from collections.abc import Iterable
from itertools import groupby
from pprint import pformat
from typing import Any

from conformance.attempt import FindingRecord
from conformance.fuzz.session import Step, Thing
from conformance.scenarios.form import Form

CALLS = {
    "createAssistant": "beta.assistants.create",
    "modifyAssistant": "beta.assistants.update",
    "getAssistant": "beta.assistants.retrieve",
    "deleteAssistant": "beta.assistants.delete",
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
    "listRuns": "beta.threads.runs.list",
    "cancelRun": "beta.threads.runs.cancel",
    "submitToolOuputsToRun": "beta.threads.runs.submit_tool_outputs",
    "listRunSteps": "beta.threads.runs.steps.list",
    "createFile": "files.create",
    "retrieveFile": "files.retrieve",
    "deleteFile": "files.delete",
    "createVectorStore": "vector_stores.create",
    "getVectorStore": "vector_stores.retrieve",
    "deleteVectorStore": "vector_stores.delete",
    "createVectorStoreFile": "vector_stores.files.create",
    "getVectorStoreFile": "vector_stores.files.retrieve",
    "listVectorStoreFiles": "vector_stores.files.list",
    "deleteVectorStoreFile": "vector_stores.files.delete",
}
"""The method of the SDK for each operation that the model calls."""

HEAD = '''"""{requirement}: {rule}

Expected: {expected}
Got:      {actual}

The shortest sequence that showed it. It needs openai {version} or a later 3.x, and the endpoint's address:
    OPENAI_BASE_URL={url} OPENAI_API_KEY=… python {name}
"""

import warnings
from concurrent.futures import ThreadPoolExecutor

import openai

warnings.simplefilter("ignore", DeprecationWarning)
client = openai.OpenAI(max_retries=0)


def call(method, **arguments):
    """Call the API and tell what came back; an error is told, and the sequence goes on."""
    name = method.__self__.__class__.__name__ + "." + method.__name__
    try:
        answer = method(**arguments)
    except openai.APIStatusError as refusal:
        print(f"{{name}} -> {{refusal.status_code}} {{refusal.body}}")
        return None
    if arguments.get("stream"):
        print(f"{{name}} ->", [event.event for event in answer])
        return None
    print(f"{{name}} -> {{answer.to_json(indent=None)}}")
    return answer


def together(*calls):
    """Make several calls at the same time."""
    with ThreadPoolExecutor(len(calls)) as threads:
        for made in [threads.submit(call, method, **arguments) for method, arguments in calls]:
            made.result()


'''


class Name(str):
    """A piece of the program itself, to be printed without quotes."""

    def __repr__(self) -> str:
        return str(self)


def script(steps: Iterable[Step], finding: FindingRecord, *, rule: str, url: str, name: str) -> str:
    """The program for a story and the finding that it ends in."""
    head = HEAD.format(
        requirement=finding.requirement,
        rule=rule,
        expected=_one_line(finding.expected),
        actual=_one_line(finding.actual),
        version="3.0",
        url=url,
        name=name,
    )
    lines = []
    for at_once, group in groupby(steps, key=lambda step: step.together):
        if at_once:
            pairs = (f"({_method(step)}, {_arguments(step)!r})" for step in group)
            lines.append("together(\n" + "".join(f"    {pair},\n" for pair in pairs) + ")\n")
        else:
            lines += [_plain(step) for step in group]
    return head + "".join(lines)


def _plain(step: Step) -> str:
    made = f"{step.makes.name} = " if step.makes else ""
    arguments = "".join(f", {key}={pformat(value, width=100)}" for key, value in _arguments(step).items())
    return f"{made}call({_method(step)}{arguments})\n"


def _method(step: Step) -> Name:
    return Name(f"client.{CALLS[step.operation]}")


def _arguments(step: Step) -> dict[str, Any]:
    body = {"file": _upload(step.body), "purpose": "assistants"} if isinstance(step.body, Form) else step.body or {}
    given: dict[str, Any] = {**{key: _shown(thing) for key, thing in step.ids.items()}, **_shown(body)}
    for key, value in (step.query or {}).items():
        given[key] = _shown(value)
    assert not any(keyword.iskeyword(key) for key in given)
    return given


def _upload(form: Form) -> tuple[str, bytes]:
    part = next(part for part in form.parts if part.filename)
    return part.filename or "file", part.content


def _shown(value: Any) -> Any:
    match value:
        case Thing():
            return Name(f"{value.name}.id")
        case dict():
            return {key: _shown(item) for key, item in value.items()}
        case list():
            return [_shown(item) for item in value]
        case _:
            return value


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace('"""', "'''").replace("\\", "\\\\")
