"""An endpoint that takes every invalid request, and shows the nonsense ever after, is told under the bounds alone."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance import contract
from conformance.checks import all_checks
from conformance.client.target import Target, resolve
from conformance.contract import Level
from conformance.contract.json_pointer import split
from conformance.contract.schemas import SchemaViolation
from conformance.proof import interception
from conformance.proof.harness import TIMEOUT_S, drive
from conformance.proof.interception import ExchangeContext, Hooks, Interception, write_json
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from conformance.scenarios import registry
from conformance.trace.exchange import Exchange, Headers, Request
from conformance.trace.json import NotJson
from conformance.trace.validity import request_violations
from tests.cli.command import command

SUBMIT = "submitToolOuputsToRun"  # nobody can make up what a run waits for
NEEDED = {"model": "gpt-4o-mini", "role": "user", "content": "Hello.", "type": "auto", "name": "f"}
MOST_MISTAKES = 30


class Lenient(Hooks):
    """Mends what a request breaks before the endpoint sees it, and shows what was wrong in the object ever after."""

    def __init__(self) -> None:
        self._nonsense: dict[str, dict[str, Any]] = {}
        self.mended = 0

    def request(self, context: ExchangeContext) -> None:
        request, loaded = context.request, contract.load()
        route = loaded.operations.match(request.method, request.path, "")
        if route is None or route.operation.operation_id == SUBMIT or not (request.body or request.query):
            return
        sent = dict(request.body) if isinstance(request.body, dict) else {}
        changed = False
        for _ in range(MOST_MISTAKES):
            query = "&".join(f"{name}={value}" for name, values in request.query.items() for value in values)
            seen = Request(
                request.method,
                f"http://x{request.path}?{query}",
                Headers(tuple(request.headers.items())),
                request.content,
            )
            try:
                broken = list(request_violations(Exchange(1, seen, None), route.operation, loaded))
            except NotJson:
                return
            broken = [violation for violation in broken if _binds(violation)]
            if not broken:
                break
            changed = True
            _mend(request, broken[0])
            if request.body is not None:
                request.content = write_json(request.body)
        if changed:
            self.mended += 1
            request.changed = True
            mended = request.body if isinstance(request.body, dict) else {}
            context.stream["sent"] = {name: member for name, member in sent.items() if mended.get(name) != member}

    def objects(self, value: Any, context: ExchangeContext, event: str | None) -> None:
        rows = value["data"] if isinstance(value.get("data"), list) else [value]
        for row in rows:
            if isinstance(row, dict) and isinstance(row.get("id"), str) and str(row.get("object")).count(".delta") == 0:
                if "sent" in context.stream and row is value:
                    self._nonsense.setdefault(row["id"], {}).update(context.stream["sent"])
                nonsense = self._nonsense.get(row["id"], {})
                row.update({name: member for name, member in nonsense.items() if name in row and name != "object"})


def _binds(violation: SchemaViolation) -> bool:
    bound = contract.load().requirements.get(violation.requirement or "")
    return bound is None or (bound.level is not Level.MAY and bound.applies(None))


def _mend(request: interception.Request, violation: SchemaViolation) -> None:
    if not violation.pointer.startswith("/") and violation.pointer:
        request.query.pop(re.split(r"[/\[]", violation.pointer)[0], None)
        request.query.pop(violation.pointer.split("/")[0], None)
        return
    if not isinstance(request.body, dict):
        request.body = {}
        return
    steps = split(violation.pointer)
    names = re.findall(r'"([^"]+)"', violation.actual if violation.keyword == "additionalProperties" else "")
    wanted = re.findall(r'"([^"]+)"', violation.expected if violation.keyword == "required" else "")
    holder: Any = request.body
    path = steps if names or wanted else steps[:-1]
    for step in path:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    if isinstance(holder, dict) and (names or wanted):
        for name in names:
            holder.pop(name, None)
        holder.update({name: NEEDED.get(name, "x") for name in wanted if name not in holder})
    elif isinstance(holder, list):
        holder.pop(int(steps[-1]))
    elif isinstance(holder, dict) and steps:
        holder.pop(steps[-1], None)


@pytest.fixture
def lenient() -> Iterator[tuple[Target, Lenient]]:
    target, hooks = resolve("reference", timeout=TIMEOUT_S), Lenient()
    server = ReferenceServer(Settings(api_key=target.key, seed=0, control=True))
    server.app.add_middleware(Interception, hooks=hooks)
    with server:
        yield replace(target, url=server.url), hooks


AREAS = ("attachments", "batches", "files", "legacy", "limits", "lists", "messages", "search", "store_files")
SCENARIOS = [name for name in registry.registry() if name.partition(".")[0] in AREAS]


def test_what_comes_of_accepted_nonsense_is_told_under_its_bounds(lenient: tuple[Target, Lenient]) -> None:
    target, hooks = lenient
    told = {}
    # What could not be mended is refused for another mistake than it had.
    left_out = {"ERROR-CODE-01", "ERROR-PARAM-01"}
    for scenario in SCENARIOS:
        mended = hooks.mended
        record = drive(scenario, target)
        assert record.crashed == {}
        others = (
            {f.requirement for f in record.findings} - {name for name in record.found if _is_bound(name)} - left_out
        )
        if others and hooks.mended > mended:
            told[scenario] = sorted(others)
    assert hooks.mended > 100
    assert told == {}


def _is_bound(requirement: str) -> bool:
    checks = contract.load().requirements[requirement].checks
    return any(all_checks()[name].of_requests for name in checks)


@pytest.mark.parametrize("areas", [("lists.assistants", "limits.tool_kinds", "legacy", "objects")])
def test_the_nonsense_of_others_accuses_of_nothing_more(
    lenient: tuple[Target, Lenient], areas: tuple[str, ...], tmp_path: Path
) -> None:
    only = [word for area in areas for word in ("--only", area)]
    verdicts = []
    for jobs in ("1", "4"):
        words = ("run", lenient[0].url, "--profile", "reference", "-j", jobs, "--repeats", "1", *only)
        found = command(tmp_path, *words).verdicts()
        # A list that others make longer meanwhile may not be walked to its end: that decides less, and accuses nobody.
        verdicts.append({name for name, verdict in found.items() if verdict in ("fail", "warn")})
    assert verdicts[0] == verdicts[1]
    assert verdicts[0]
    assert all(map(_is_bound, verdicts[0]))
