"""What is kept of a failure runs on any endpoint: it shows the failure where it is, and not where it is not."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conformance import contract
from conformance.fuzz.reproduction import reproduction_check
from conformance.fuzz.resource_kinds import ids
from conformance.fuzz.saved_failures import program_of
from conformance.fuzz.sequence import CallMode, ResourceRef, Step
from conformance.fuzz.shrinking import CallSequence, replay
from conformance.proof.faults import all_faults
from conformance.scenarios.kit import fixtures
from tests.cli.command import command
from tests.fuzz.places import faulty, target
from tests.fuzz.test_sequences import told
from tests.limits import HANG

THREAD = ResourceRef("thread", 1)
ASSISTANT = ResourceRef("assistant", 1)
RUN = ResourceRef("run", 1, THREAD)
MAKE_THREAD = Step("createThread", {}, {"messages": [fixtures.user("Hello")]}, makes=THREAD)
MAKE_ASSISTANT = Step("createAssistant", {}, {"model": "gpt-4o-mini"}, makes=ASSISTANT)
START = Step("createRun", ids(THREAD), {"assistant_id": ASSISTANT}, makes=RUN)
WAIT = Step("getRun", ids(RUN), how=CallMode.POLL)
AN_ENDED_RUN = (MAKE_ASSISTANT, MAKE_THREAD, START, WAIT)
SEQUENCES = {
    "deletion.messages_of_a_deleted_thread": (
        MAKE_THREAD,
        Step("deleteThread", ids(THREAD)),
        Step("listMessages", ids(THREAD)),
    ),
    "deletion.runs_go_with_their_assistant": (
        *AN_ENDED_RUN,
        Step("deleteAssistant", ids(ASSISTANT)),
        Step("getRun", ids(RUN)),
    ),
    "lists.ends_swapped": (*AN_ENDED_RUN, Step("listMessages", ids(THREAD), query={"order": "asc"})),
    "locks.locked_by_cancellation": (
        MAKE_ASSISTANT,
        MAKE_THREAD,
        START,
        Step("cancelRun", ids(RUN)),
        WAIT,
        Step("createRun", ids(THREAD), START.body),
    ),
    "runs.completed_without_time": AN_ENDED_RUN,
    "runs.completion_time_drifts": (*AN_ENDED_RUN, Step("getRun", ids(RUN))),
    "runs.cancel_answers_old_status": (MAKE_ASSISTANT, MAKE_THREAD, START, Step("cancelRun", ids(RUN))),
    "runs.expires_in_an_hour": AN_ENDED_RUN,
    "runs.started_before_creation": AN_ENDED_RUN,
    "runs.total_without_prompt": AN_ENDED_RUN,
}
"""Short sequences that show a fault: by a status, an object, a value, a time, and what changes."""


def shown(fault: str) -> tuple[CallSequence, str]:
    """What a sequence shows of a fault, and the requirement that it breaks."""
    requirement = all_faults()[fault].trips
    with faulty(fault) as url:
        made = replay(SEQUENCES[fault], target(url), contract.load())
    assert made is not None
    assert requirement in made.made.found, sorted(made.made.found)
    return made, requirement


@pytest.mark.parametrize("fault", SEQUENCES)
def test_a_program_decides_on_a_fresh_endpoint(fault: str, tmp_path: Path) -> None:
    sequence, requirement = shown(fault)
    program = tmp_path / "sequence.py"
    with faulty(fault) as url:
        program.write_text(program_of(sequence, requirement, target(url), contract.load()))
    codes = []
    for planted in ((fault,), ()):
        with faulty(*planted) as url:
            codes.append(told(program, OPENAI_BASE_URL=url).returncode)
    assert codes == [1, 0], program.read_text()


@pytest.mark.parametrize("fault", SEQUENCES)
def test_without_a_right_endpoint_the_answer_is_looked_for_as_it_was_found(fault: str) -> None:
    sequence, requirement = shown(fault)
    check = reproduction_check(sequence, requirement, None)
    (call,) = re.findall(r" in answers\[(\d+)\]", check)
    begin, end = sequence.spans[int(call)]
    assert begin < sequence.finding(requirement).exchange <= end


def test_a_program_does_not_decide_where_nothing_answers(tmp_path: Path) -> None:
    fault = "runs.total_without_prompt"
    sequence, requirement = shown(fault)
    program = tmp_path / "sequence.py"
    with faulty(fault) as url:
        program.write_text(program_of(sequence, requirement, target(url), contract.load()))
    done = told(program)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (2, "undecided: the endpoint did not answer")


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize(
    ("fault", "operation", "shows"),
    [
        ("identity.refused_metadata_of_a_run_is_taken", "modifyRun.negative", '"metadata":'),
        ("limits.temperature_up_to_one", "createAssistant.positive", "400 Bad Request"),
    ],
)
def test_a_curl_line_makes_its_objects(fault: str, operation: str, shows: str, tmp_path: Path) -> None:
    requirement = all_faults()[fault].trips
    with faulty(fault) as url:
        words = ("--profile", "reference", "--only", operation, "--max-examples", "40")
        run = command(tmp_path, "fuzz", url, *words)
    rows = {row["requirement"]: row for row in run.report["results"]}
    line = rows[requirement]["exhibits"][0]["curl"]
    answers = []
    for planted in ((fault,), ()):
        with faulty(*planted) as fresh:
            answers.append(pasted(line.replace(url, fresh)))
    wrong, right = answers
    assert shows in wrong
    assert wrong != right


def pasted(line: str) -> str:
    """The last answer of a command by hand."""
    done = subprocess.run(
        ["sh", "-c", line],
        env={**os.environ, "OPENAI_API_KEY": "sk-x", "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=HANG,
        check=True,
    )
    return done.stdout.rpartition("HTTP/1.1")[2]
