"""What came of an accepted invalid request is followed by the ids of what it made, not by texts that resemble them."""

from typing import Any

import pytest

from conformance import contract
from conformance.checks.judge import judge
from conformance.checks.shared.accepted_invalid import AcceptedInvalid
from conformance.trace.index import Index
from tests.traces import ASSISTANT, RUN, THREAD, assistant, call, run, trace

INVALID = {"model": "gpt-4o", "tools": "all of them"}


def _covered(made: str) -> set[int]:
    """The exchanges that are left out where an invalid request made an assistant with this id, beside another one."""
    taken = trace(
        call("POST /assistants", assistant(id=made, tools="all of them"), sent=INVALID),
        call("GET /assistants/asst_other", assistant(id="asst_other", model="gpt-4o", instructions="", name="1")),
        call("POST /threads/thread_T1/runs", {"id": "run_1", "object": "thread.run"}, sent={"assistant_id": made}),
    )
    return AcceptedInvalid(Index(taken, contract.load())).exchanges


def test_what_is_made_with_it_is_left_out_too() -> None:
    assert _covered("asst_bad") == {1, 3}


@pytest.mark.parametrize("made", ["gpt-4o", "1"])
def test_an_id_that_is_an_ordinary_text_hides_nothing_that_has_that_text(made: str) -> None:
    assert 2 not in _covered(made)


def test_an_empty_id_names_nothing() -> None:
    assert 2 not in _covered("")


@pytest.mark.parametrize(
    ("extra", "shown", "found"),
    [({"user": "u1"}, {}, True), ({"user": "u1"}, {"user": "u1"}, False), ({"file_ids": []}, {}, False)],
    ids=["ignored", "heeded", "of version 1"],
)
def test_an_unknown_member_that_was_ignored_hides_nothing(
    extra: dict[str, Any], shown: dict[str, Any], found: bool
) -> None:
    """Some clients always send one; a run that goes back is wrong all the same."""
    calls = (
        call(f"POST /threads/{THREAD}/runs", run() | shown, sent={"assistant_id": ASSISTANT} | extra),
        call(f"GET /threads/{THREAD}/runs/{RUN}", run("completed")),
        call(f"GET /threads/{THREAD}/runs/{RUN}", run("in_progress")),
    )
    violated = {finding.requirement for finding in judge(trace(*calls), contract.load()).findings}
    assert ("RUN-STATE-01" in violated) is found
