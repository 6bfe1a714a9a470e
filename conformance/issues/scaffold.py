"""A new probe from a recording or a short script: a folder that runs by itself, to be given to maintainers."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance import bounded_yaml
from conformance.evidence.redaction import redact_exchange
from conformance.issues.export import as_json, programs, usage, write_folder
from conformance.issues.sdk import Language, Sdk
from conformance.proof.interception import write_event
from conformance.trace.exchange import Exchange


class BadScript(ValueError):
    """A script or recording of which no probe can be made, and why."""


def from_script(path: Path) -> list[dict[str, Any]]:
    """The answers that a script tells; raises `BadScript`, or OSError where it cannot be read.

    A script is YAML: a list of `{request: "POST /threads/*/runs", status: 200, json: …}`, or with `stream` in place of
    `json`: a list of `{event: NAME, data: …}`.
    """
    try:
        document = bounded_yaml.load(path.read_bytes())
    except bounded_yaml.NotYaml as problem:
        raise BadScript(f"{path} is not YAML: {problem}") from problem
    if not isinstance(document, list) or not document:
        raise BadScript(f"{path}: expected a list of answers, each with a request and json or stream")
    return _merged(_answer(entry, f"{path}: entry {number}") for number, entry in enumerate(document, start=1))


def from_exchanges(exchanges: Iterable[Exchange]) -> list[dict[str, Any]]:
    """The answers of a recording, without keys and secrets; raises `BadScript` where it has none."""
    found = _merged(_recorded(exchange) for exchange in exchanges if exchange.response is not None)
    if not found:
        raise BadScript("the recording has no answered request")
    return found


def scaffold(key: str, answers: list[dict[str, Any]], sdk: Sdk, folder: Path, *, force: bool = False) -> None:
    """Write a folder whose client asks for everything that the server can answer.

    Raises `WouldOverwrite` and `NotWritten`.
    """
    requests = [row["request"] for row in answers]
    probe = _python(requests) if sdk.language is Language.PYTHON else _node(requests)
    nothing: dict[str, Any] = {"hung": False, "asked": True, "error": None}
    files = {
        **programs(sdk, probe),
        "condition.json": as_json(answers),
        "control.json": as_json(answers),
        "expected.json": as_json({"deadline": 8, "condition": nothing, "control": nothing}),
        "README.md": _readme(key, sdk),
    }
    write_folder(folder, files, force=force)


def _answer(entry: Any, where: str) -> tuple[str, dict[str, Any]]:
    whole = isinstance(entry, dict) and isinstance(entry.get("request"), str)
    if not whole or ("json" in entry) == ("stream" in entry):
        raise BadScript(f"{where}: expected a request and either json or stream")
    status = entry.get("status", 200)
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise BadScript(f"{where}: status is a number from 200 to 599, not {status!r}")
    if "json" in entry:
        headers = {"content-type": "application/json"}
        return entry["request"], {"status": status, "headers": headers, "body": json.dumps(entry["json"])}
    events = entry["stream"]
    if not isinstance(events, list) or not all(isinstance(one, dict) and "data" in one for one in events):
        raise BadScript(f"{where}: stream is a list of events, each with data")
    body = b"".join(write_event(event.get("event"), event["data"]) for event in events)
    return entry["request"], {"status": status, "headers": {"content-type": "text/event-stream"}, "body": body.decode()}


def _recorded(recorded: Exchange) -> tuple[str, dict[str, Any]]:
    exchange = redact_exchange(recorded)
    response = exchange.response
    assert response is not None
    place = exchange.request.parts
    path = place.path.removeprefix("/v1") + (f"?{place.query}" if place.query else "")
    headers = {"content-type": response.headers.get("content-type") or "application/json"}
    body = response.body.decode("utf-8", "replace")
    return f"{exchange.request.method} {path}", {"status": response.status, "headers": headers, "body": body}


def _merged(pairs: Iterable[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for request, answer in pairs:
        found.setdefault(request, []).append(answer)
    return [{"request": request, "answers": answers} for request, answers in found.items()]


def _calls(requests: Iterable[str]) -> Iterator[tuple[str, str]]:
    for request in requests:
        method, _, path = request.partition(" ")
        yield method.lower(), path.replace("*", "id_1")


def _python(requests: Iterable[str]) -> str:
    lines = ['"""Put the calls that show the issue here; `s.tell(name=value)` tells what is seen."""', "", ""]
    lines += ["def probe(s):"]
    lines += [f"    s.tell(answer=s.client.{method}({path!r}, cast_to=object))" for method, path in _calls(requests)]
    return "\n".join(lines) + "\n"


def _node(requests: Iterable[str]) -> str:
    lines = ["// Put the calls that show the issue here; `s.tell({ name: value })` tells what is seen."]
    lines += ["export default async function probe(s) {"]
    lines += [
        f"  s.tell({{ answer: await s.client.{method}({json.dumps(path)}) }});" for method, path in _calls(requests)
    ]
    return "\n".join([*lines, "}"]) + "\n"


def _readme(key: str, sdk: Sdk) -> str:
    steps: Mapping[str, str] = {
        "probe": "the program: put in the SDK's calls that show the issue; now it asks for all that can be answered",
        "condition.json": "the server's answers under which the issue shows",
        "control.json": "those of a server that is correct: now the same, change them back to what is right",
        "expected.json": "what the program tells in both: put in what it printed once it shows the issue",
    }
    texts = "\n".join(f"- `{name}`: {text}" for name, text in steps.items())
    return f"# {key}\n\n```\n{usage(sdk)}```\n\n{texts}\n"
