"""What one scenario found missing another may show to be there: the end of a run decides, and its report tells once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance import contract
from conformance.client.target import resolve
from conformance.proof.harness import TIMEOUT_S
from conformance.proof.interception import Answer, Hooks, Interception, json_headers
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from conformance.session.attempt import FindingRecord, Outcome, ScenarioRecord
from conformance.session.presence import settle, table
from conformance.trace.presence import Presence
from tests.cli.command import command

TOLD = "getAssistant is not there: GET /assistants/{assistant_id} answered 404"
FOUND = FindingRecord("ERROR-MEDIA-01", 1, None, "", "JSON", "a page", needs="getAssistant")


def _seeming() -> ScenarioRecord:
    """A scenario that asked for an unknown assistant only."""
    return ScenarioRecord(
        "errors.unknown",
        str(Outcome.UNSUPPORTED),
        TOLD,
        presences={"getAssistant": Presence.NOT_THERE},
        absences={"getAssistant": TOLD},
        withheld=[FOUND],
    )


def _showing(presence: Presence) -> ScenarioRecord:
    return ScenarioRecord("objects.assistant", str(Outcome.COMPLETED), presences={"getAssistant": presence})


def test_what_is_there_after_all_has_its_findings() -> None:
    settled = settle([_seeming(), _showing(Presence.ACCEPTED)])[0]
    assert settled.findings == [FOUND]
    assert settled.found == {"ERROR-MEDIA-01": 1}
    assert (settled.outcome, settled.absences) == (Outcome.INCONCLUSIVE, {})


def test_what_is_nowhere_there_has_none() -> None:
    records = [_seeming(), _showing(Presence.NOT_THERE)]
    assert settle(records) == records
    words = {line.operation: line.presence for line in table(records, contract.load())}
    assert len(words) == 47
    assert (words["getAssistant"], words["getRun"]) == ("not there", "not asked")


def test_a_record_travels_with_what_it_learnt() -> None:
    record = _seeming()
    assert ScenarioRecord.from_dict(record.to_dict()) == record


class _Without(Hooks):
    """The reference endpoint, where some paths are unknown, and unknown assistants are told by a page."""

    def __init__(self, *endings: str) -> None:
        self._endings = endings

    def request(self, context: Any) -> Answer | None:
        if context.request.path.endswith((*self._endings, "/almanacs", "/weathervanes", "/alm_abc")):
            return Answer(404, json_headers(), {"detail": "Not Found"})
        return None

    def answer(self, answer: Answer, context: Any) -> None:
        if answer.status == 404 and context.request.path.startswith("/assistants/"):
            answer.headers["content-type"] = "text/html"
            answer.content = b"<h1>Not Found</h1>"


@pytest.fixture
def without_steps() -> Any:
    target = resolve("reference", timeout=TIMEOUT_S)
    server = ReferenceServer(Settings(api_key=target.key, seed=0, control=True))
    server.app.add_middleware(Interception, hooks=_Without("/steps"))
    with server:
        yield replace(target, url=server.url)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_missing_operation_is_told_once_and_a_page_for_an_object_is_red(
    without_steps: Any, jobs: str, tmp_path: Path
) -> None:
    only = ("--only", "lists.steps", "--only", "errors.unknown_assistant", "--only", "objects.assistant_lifecycle")
    done = command(tmp_path, "run", without_steps.url, "--profile", "reference", "-j", jobs, "--repeats", "1", *only)
    words = {row["operation"]: row["presence"] for row in done.report["operations"]}
    assert words["listRunSteps"] == "not there"
    assert words["getAssistant"] == "there"
    failed = {row["requirement"] for row in done.report["results"] if row["verdict"] == "fail"}
    assert {"ERROR-ENVELOPE-01", "ERROR-MEDIA-01"} & failed
    assert not any(name.startswith(("DELETION-", "STEP-")) for name in failed)
    assert "listRunSteps" in done.out
