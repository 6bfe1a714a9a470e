"""A feed in portions: what is judged together, what is kept for later, and that the verdict stays what it was."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from conformance import contract
from conformance.checks.judge import judge
from conformance.proof.operators import TraceView, all_operators
from conformance.proof.operators.mutants import recorded
from conformance.trace import window as window_module
from conformance.trace.exchange import Exchange
from conformance.trace.trace import Trace
from conformance.trace.window import KEPT_OF_ONE, GivenUp, Portion, Window
from tests.traces import DATE, Call, call, trace

REFERENCE = Path(__file__).parents[2] / "cassettes" / "reference"
Numbers = list[tuple[list[int], list[int]]]


def portions(whole: Trace, size: int) -> tuple[list[Trace], GivenUp]:
    window: Window[Exchange] = Window(contract.load(), whole.base_path, size)

    def made() -> Iterator[Trace]:
        for exchange in whole.exchanges:
            yield from map(portion, window.add(exchange, exchange))
        yield from map(portion, window.rest())

    def portion(found: Portion[Exchange]) -> Trace:
        items = found.items
        context = frozenset(exchange.number for exchange, is_context in items if is_context)
        return replace(whole, exchanges=tuple(exchange for exchange, _ in items), context=context)

    return list(made()), window.given_up


def numbers(whole: Trace, size: int) -> Numbers:
    """(judged, context) of each portion."""
    found, _ = portions(whole, size)
    return [([e.number for e in one.exchanges if e.number not in one.context], sorted(one.context)) for one in found]


def thread(name: str) -> list[Call]:
    """Four exchanges of one thread."""
    shown = {"id": name, "object": "thread"}
    return [call("POST /threads", shown), *(call(f"GET /threads/{name}", shown) for _ in range(3))]


def test_a_thread_is_judged_in_one_portion_however_it_is_mixed_with_others() -> None:
    mixed = [one for pair in zip(thread("thread_1"), thread("thread_2"), strict=True) for one in pair]
    others = [one for number in range(3, 9) for one in thread(f"thread_{number}")]
    found = numbers(trace(*mixed, *others), size=8)
    assert len(found) > 2
    assert sorted(found[0][0])[:8] == list(range(1, 9))
    assert sorted(number for judged, _ in found for number in judged) == list(range(1, 33))
    assert all(context == [] for _, context in found)


def test_an_assistant_is_there_for_later_threads_and_judged_once() -> None:
    assistant = {"id": "asst_1", "object": "assistant"}
    made = [call("POST /assistants", assistant), call("POST /assistants/asst_1", assistant)]
    reads = [call("GET /assistants/asst_1", assistant) for _ in range(5)]
    run = {"id": "run_1", "object": "thread.run", "assistant_id": "asst_1"}
    late = [call("POST /threads/thread_99/runs", run, sent={"assistant_id": "asst_1"}), *thread("thread_98")]
    others = [one for number in range(9) for one in thread(f"thread_{number}")]
    found = numbers(trace(*made, *reads, *others, *late), size=8)
    (of_run,) = [(judged, context) for judged, context in found if 44 in judged]
    assert of_run[1] == [1, 2, 6, 7]  # what changed it, and the last of what read it
    assert [number for judged, _ in found for number in judged].count(1) == 1


def test_a_thread_that_is_quiet_for_a_while_only_is_waited_for() -> None:
    """Many exchanges in a few seconds say nothing about a thread: a run may take a minute."""
    calls = [*thread("thread_1"), *(one for number in range(2, 5) for one in thread(f"thread_{number}"))]
    soon = [replace(one, date=DATE + timedelta(seconds=at)) for at, one in enumerate(calls)]
    late = [replace(one, date=DATE + timedelta(minutes=at)) for at, one in enumerate(calls)]
    assert numbers(trace(*late), size=8)[0][0] == [1, 2, 3, 4]
    assert len(numbers(trace(*soon), size=12)[0][0]) == 16


def test_files_that_threads_attach_bind_the_threads_to_their_store() -> None:
    """What such a message changes in the store is not to be missed where the store is judged."""
    store = {"id": "vs_1", "object": "vector_store"}
    owner = {"id": "thread_1", "object": "thread", "tool_resources": {"file_search": {"vector_store_ids": ["vs_1"]}}}
    attaching = call("POST /threads/thread_1/messages", {}, sent={"attachments": [{"file_id": "file-1"}]})
    first = [call("POST /vector_stores", store), call("POST /threads", owner), attaching]
    others = [one for number in range(2, 20) for one in thread(f"thread_{number}")]
    again = call("GET /vector_stores/vs_1", store)
    found = numbers(trace(*first, *others, again), size=8)
    assert any({1, 2, 3} <= set(judged) for judged, _ in found)
    assert found[-1][0][-1] == 76
    assert found[-1][1] == []  # its beginning was changed by what is gone


def test_what_a_window_cannot_hold_is_told() -> None:
    long = [one for number in range(2, 30) for one in thread(f"thread_{number}")]
    back = trace(*thread("thread_1"), *long, *thread("thread_1")[1:])
    assert portions(back, 8)[1] == GivenUp(returned=1)
    changes = [call("POST /assistants/asst_1", {"id": "asst_1", "object": "assistant"})] * (2 * KEPT_OF_ONE)
    assert portions(trace(*changes, *long, *changes[:1], *long), 8)[1].forgotten
    assert portions(trace(*long), 8)[1] == GivenUp()


def test_memory_is_bounded_by_what_is_open() -> None:
    window: Window[int] = Window(contract.load(), "/v1", 100)
    assistant = [call("POST /assistants", {"id": f"asst_{number}", "object": "assistant"}) for number in range(3000)]
    threads = [call("POST /threads", {"id": f"thread_{number}", "object": "thread"}) for number in range(3000)]
    most = 0
    for exchange in trace(*(one for pair in zip(assistant, threads, strict=True) for one in pair)).exchanges:
        for _ in window.add(exchange, exchange.number):
            most = max(most, len(window._subjects))
    assert most <= 700


def test_threads_that_share_a_store_are_forgotten_with_their_bonds() -> None:
    """Threads that attach files and overlap without an end: what binds them must not outlive them."""

    def using(number: int) -> list[Call]:
        resources = {"file_search": {"vector_store_ids": ["vs_1"]}}
        shown = {"id": f"thread_{number}", "object": "thread", "tool_resources": resources}
        attaching = call(f"POST /threads/thread_{number}/messages", {}, sent={"attachments": [{"file_id": "file-1"}]})
        return [call("POST /threads", shown), attaching, call(f"GET /threads/thread_{number}", shown)]

    threads = [using(number) for number in range(600)]
    rows = [each for one, following in pairwise(threads) for each in (one[1], following[0], one[2])]
    window: Window[int] = Window(contract.load(), "/v1", 60)
    most = 0
    for exchange in trace(call("POST /vector_stores", {"id": "vs_1", "object": "vector_store"}), *rows).exchanges:
        list(window.add(exchange, exchange.number))
        most = max(most, len(window._bonds))
    assert 10 < most <= 120
    assert window.given_up.returned < 60


def test_large_uploads_are_not_kept_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window_module, "MOST_BYTES", 200_000)
    window: Window[int] = Window(contract.load(), "/v1", 8)
    uploads = [
        call("POST /files", {"id": f"file-{number}", "object": "file", "content": "x" * 20_000})
        for number in range(100)
    ]
    for exchange in trace(*uploads).exchanges:
        for _ in window.add(exchange, exchange.number):
            kept = sum(entry.size for one in window._subjects.values() for entry in (*one.kept, *one.waiting))
            assert kept <= 2 * 200_000
    assert window.given_up == GivenUp()
    read = trace(call("GET /files/file-1", {"id": "file-1", "object": "file"})).exchanges[0]
    list(window.add(read, 101))
    assert window.given_up == GivenUp(forgotten=1)


@pytest.mark.parametrize("part", range(3))
def test_portions_are_judged_as_the_whole_is(part: int) -> None:
    """Every operator that breaks recorded traces, and the traces as they are: the same requirements are violated.

    Nothing is accused in order; where no thread had to be cut nothing is missed, but what compares objects of a whole
    account.
    """
    loaded = contract.load()
    for whole in list(recorded([REFERENCE], loaded))[part::60]:
        whole = replace(whole, expectations=())
        assert found_in(whole, 6)[0] <= violated(whole)
        mutations = (
            operator.function(TraceView(whole, loaded), Random(name)) for name, operator in all_operators().items()
        )
        for mutation in [one for one in mutations if one is not None][::6]:
            found, given_up = found_in(mutation.trace, 16)
            missed = violated(mutation.trace) - found
            assert not missed or given_up.returned, (mutation.done, missed)


def violated(whole: Trace) -> set[str]:
    return {finding.requirement for finding in judge(whole, contract.load()).findings}


def found_in(whole: Trace, size: int) -> tuple[set[str], GivenUp]:
    cut, given_up = portions(whole, size)
    judgements = [judge(portion, contract.load()) for portion in cut]
    assert sum(one.exchanges for one in judgements) == judge(whole, contract.load()).exchanges
    assert not any(one.crashed for one in judgements)
    return {finding.requirement for one in judgements for finding in one.findings}, given_up
