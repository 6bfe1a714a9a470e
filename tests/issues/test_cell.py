"""A verdict is bound to its condition: the control has to come out negative."""

import socket

from conformance.issues.catalogue import Workaround
from conformance.issues.cell import Outcome, run_trial
from conformance.issues.oracle import Observed, Sign
from conformance.issues.sdk import Language, Sdk
from tests.issues.cells import OLD, Told, issue

WRONG, RIGHT = Observed({"status": "wrong", "ended": True}), Observed({"status": "right", "ended": True})
HUNG = Observed({}, hung=True)
SIGN = {"signal": "status", "is": "wrong"}


def told(condition: Observed, control: Observed, **more: Observed) -> Told:
    return Told({"condition": condition, "control": control, **more})


def test_it_is_reproduced_where_only_the_condition_shows_it() -> None:
    cell = run_trial(issue(SIGN), OLD, told(WRONG, RIGHT))
    assert (cell.outcome, cell.affected) == (Outcome.REPRODUCED, True)


def test_it_is_not_reproduced_where_nothing_shows_it() -> None:
    cell = run_trial(issue(SIGN), OLD, told(RIGHT, RIGHT))
    assert (cell.outcome, cell.affected) == (Outcome.NOT_REPRODUCED, False)
    assert "status" in cell.reason


def test_a_control_that_shows_it_too_binds_nothing() -> None:
    cell = run_trial(issue(SIGN), OLD, told(WRONG, WRONG))
    assert (cell.outcome, cell.affected) == (Outcome.COULD_NOT_RUN, None)
    assert "control" in cell.reason


def test_a_control_that_hangs_tells_nothing() -> None:
    assert run_trial(issue(SIGN), OLD, told(WRONG, HUNG)).outcome is Outcome.COULD_NOT_RUN


def test_a_hang_is_reported_as_one() -> None:
    meant = run_trial(issue({"hangs": True}), OLD, told(HUNG, RIGHT))
    other = run_trial(issue(SIGN), OLD, told(HUNG, RIGHT))
    assert (meant.outcome, meant.affected) == (Outcome.HUNG, True)
    assert (other.outcome, other.affected) == (Outcome.HUNG, True)


def test_a_hang_without_its_other_signs_is_none() -> None:
    cell = run_trial(issue({"hangs": True}, {"sent": "any", "at_least": 5}), OLD, told(HUNG, RIGHT))
    assert cell.outcome is Outcome.COULD_NOT_RUN


def test_a_release_without_the_helper_is_not_applicable() -> None:
    performer = told(Observed({"not_applicable": "no such helper"}), RIGHT)
    cell = run_trial(issue(SIGN), OLD, performer)
    assert (cell.outcome, cell.reason) == (Outcome.NOT_APPLICABLE, "no such helper")
    assert performer.modes == ["condition"]


def test_an_issue_of_another_language_is_not_applicable() -> None:
    assert run_trial(issue(SIGN), Sdk(Language.NODE, "4.58.1"), told(WRONG, RIGHT)).outcome is Outcome.NOT_APPLICABLE


def test_a_probe_that_breaks_off_could_not_run() -> None:
    cell = run_trial(issue(SIGN), OLD, told(Observed({"status": "wrong"}, trouble="out of memory"), RIGHT))
    assert cell.outcome is Outcome.COULD_NOT_RUN
    assert "out of memory" in cell.reason


def test_workarounds_are_tried_where_the_issue_is() -> None:
    good = Workaround("good", "workaround-good", (Sign({"signal": "status", "is": "right"}),), "works")
    bad = Workaround("bad", "workaround-bad", (Sign({"signal": "status", "is": "right"}),), "does not work")
    failed = Observed({"error": {"class": "BadRequestError", "message": "no"}})
    performer = told(WRONG, RIGHT, **{"workaround-good": RIGHT, "workaround-bad": failed})
    cell = run_trial(issue(SIGN, workarounds=(good, bad)), OLD, performer)
    assert [(one.mode, one.works, one.problem) for one in cell.workarounds] == [
        ("workaround-good", True, ""),
        ("workaround-bad", False, "BadRequestError: no"),
    ]
    assert not run_trial(issue(SIGN, workarounds=(good,)), OLD, told(RIGHT, RIGHT)).workarounds


def test_a_process_of_its_own_is_ended_after_each_run() -> None:
    performer = told(WRONG, RIGHT)
    run_trial(issue(SIGN, own_process=True), OLD, performer)
    assert performer.ends == 2


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        cell = run_trial(issue(SIGN), OLD, told(WRONG, RIGHT), port=taken.getsockname()[1])
    assert cell.outcome is Outcome.COULD_NOT_RUN
    assert "in use" in cell.reason
