"""Sequences of calls: what only a sequence shows is found, told in the fewest steps, and told again by a program."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance import contract
from conformance.fuzz.saved_failures import program_of
from conformance.fuzz.search import Budget, Search
from conformance.fuzz.sequence_search import search_sequences
from conformance.proof.faults import all_faults
from conformance.recordings.cassette import write
from tests.cli.command import command
from tests.fuzz.places import faulty, target
from tests.limits import HANG
from tests.servers import answer as whole
from tests.servers import serving

SEQUENCES = 60
"""Sequences within which a fault that only a sequence shows is found."""
SECONDS = 3 * HANG
SEED = 1
FEW = 12
"""The most steps of a sequence that was made short."""


def explored(url: str, wanted: str | None = None, sequences: int = SEQUENCES, seed: int = SEED) -> Search:
    """What sequences at an endpoint bring."""
    budget = Budget(sequences, time.monotonic() + SECONDS, seed, wanted)
    return search_sequences(target(url), budget, contract.load())


@pytest.mark.parametrize(
    ("fault", "seed"),
    [
        ("deletion.deleted_message_on_the_list", 0),
        pytest.param("deletion.runs_go_with_their_assistant", 0, marks=pytest.mark.long),
        ("runs.action_left_over", 0),
        pytest.param("search.finds_what_was_taken_out", 0, marks=pytest.mark.long),
        pytest.param("vector_stores.counts_never_go_down", 0, marks=pytest.mark.long),
    ],
)
def test_a_fault_that_needs_four_steps_is_found(fault: str, seed: int) -> None:
    requirement = all_faults()[fault].trips
    with faulty(fault) as url:
        found = explored(url, requirement, seed=seed)
    assert requirement in found.first, (found.examples, sorted(found.first))
    sequence = found.sequences[requirement]
    assert 4 <= len(sequence.steps) <= FEW, [step.operation for step in sequence.steps]


def test_nothing_is_found_on_the_reference() -> None:
    with faulty() as url:
        found = explored(url, sequences=5)
    assert not found.first
    assert not found.crashed
    assert found.examples == 5
    assert found.steps > 300


def test_the_same_seed_asks_the_same() -> None:
    body = b'{"id": "one", "object": "thread", "status": "completed"}'

    def asked(seed: int) -> list[bytes]:
        requests: list[bytes] = []

        def keep(connection: object, request: bytes) -> None:
            line, _, rest = request.partition(b"\r\n")
            requests.append(line + rest.partition(b"\r\n\r\n")[2])
            connection.sendall(whole(body))  # type: ignore[attr-defined]

        with serving(keep) as url:
            explored(url, "LIMIT-MSG-01", sequences=3, seed=seed)
        return sorted(requests)  # two clients at once come in either order

    first = asked(3)
    assert len(first) > 50
    assert first == asked(3)
    assert first != asked(4)


@pytest.mark.parametrize(
    ("fault", "seed"),
    [("lists.messages_of_all_threads", 0), pytest.param("tools.late_outputs_are_taken", 0, marks=pytest.mark.long)],
)
def test_a_story_is_told_again_by_its_program_and_its_cassette(fault: str, seed: int, tmp_path: Path) -> None:
    requirement = all_faults()[fault].trips
    program, cassette = tmp_path / "sequence.py", tmp_path / "sequence.yaml"
    with faulty(fault) as url:
        sequence = explored(url, requirement, seed=seed).sequences[requirement]
        program.write_text(program_of(sequence, requirement, target(url), contract.load()))
        wrong = told(program)
    with faulty() as url:
        right = told(program, OPENAI_BASE_URL=url)
    assert (wrong.returncode, wrong.stdout.splitlines()[-1]) == (1, "reproduced"), wrong.stderr
    assert (right.returncode, right.stdout.splitlines()[-1]) == (0, "not reproduced"), right.stderr
    write(sequence.trace, cassette)
    again = command(tmp_path, "audit", str(cassette))
    assert again.verdicts()[requirement] == "fail"


def test_the_command_keeps_what_sequences_show(tmp_path: Path) -> None:
    with faulty("deletion.messages_of_a_deleted_thread") as url:
        words = ("fuzz", url, "--profile", "reference", "--stateful", "--max-examples", "3", "--max-time", "240")
        run = command(tmp_path, *words)
    assert run.code == 1, run.out
    kept = tmp_path / "reports/latest/fuzz/stateful.DELETION-CHILD-01.py"
    assert kept.exists()
    assert list(kept.parent.glob("stateful.DELETION-CHILD-01.yaml*"))
    assert "sequences: 3 of 3, " in " ".join(run.out.split())


def told(program: Path, **surroundings: str) -> subprocess.CompletedProcess[str]:
    """What a program says, when it is run as it is."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    command = [sys.executable, str(program)]
    return subprocess.run(command, env={**clean, **surroundings}, capture_output=True, text=True, timeout=HANG)
