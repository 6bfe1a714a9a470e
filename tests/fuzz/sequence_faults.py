"""How many faults that need four steps sequences find: `python -m tests.fuzz.sequence_faults SECONDS SEED...`.

Each is planted by itself and searched for until it shows. `make fuzz` runs it.
"""

import sys
import time

from conformance import contract
from conformance.fuzz.search import Budget
from conformance.fuzz.sequence_search import search_sequences
from conformance.proof.faults import all_faults
from tests.fuzz.places import faulty, target

FAULTS = (
    "batches.files_of_others",
    "deletion.change_takes_the_answers",
    "deletion.deleted_message_on_the_list",
    "deletion.deleting_again_takes_the_answer",
    "deletion.files_go_with_a_thread",
    "deletion.late_cancel_takes_a_file",
    "deletion.message_deleted_from_anywhere",
    "deletion.one_batch_at_a_time",
    "deletion.run_outlives_its_thread",
    "deletion.runs_go_with_their_assistant",
    "deletion.store_goes_with_a_file",
    "files.deleted_file_is_added",
    "vector_stores.files_of_a_deleted_store",
    "identity.runs_follow_their_assistant",
    "lists.neighbour_is_deleted_along",
    "lists.run_ignored",
    "locks.locked_by_cancellation",
    "runs.action_left_over",
    "search.finds_what_was_taken_out",
    "tools.both_submissions_are_taken",
    "tools.late_outputs_are_taken",
    "tools.outputs_taken_twice",
    "tools.refusal_forgets_a_call",
    "tools.refused_outputs_use_the_calls_up",
    "vector_stores.counts_never_go_down",
)
"""One of each way in which what was done before changes what is right: deletions, locks, scopes, outputs, counts."""
NEEDED = 24


def found(fault: str, seed: int, seconds: float) -> bool:
    """Whether sequences show a planted fault in time; tells after how many of them."""
    requirement = all_faults()[fault].trips
    started = time.monotonic()
    with faulty(fault) as url:
        budget = Budget(1_000_000, started + seconds, seed, requirement)
        search = search_sequences(target(url), budget, contract.load())
    after = search.first.get(requirement)
    told = f"sequence {after}" if after else f"not in {search.examples} sequences"
    print(f"seed {seed} {fault}: {told}, {time.monotonic() - started:.0f} s", flush=True)
    return after is not None


def main(seconds: float, seeds: list[int]) -> None:
    """Search for every fault with every seed; exit code 1 where a seed finds too few."""
    counts = {seed: sum(found(fault, seed, seconds) for fault in FAULTS) for seed in seeds}
    for seed, count in counts.items():
        print(f"seed {seed}: {count} of {len(FAULTS)} faults found")
    sys.exit(min(counts.values()) < NEEDED)


if __name__ == "__main__":
    main(float(sys.argv[1]), [int(seed) for seed in sys.argv[2:]])
