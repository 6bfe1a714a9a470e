"""The grammar of streams: that its data fits together, and that a break is told where it is, and once."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import contract
from conformance.contract import BrokenContract, resources
from conformance.contract.grammar import Grammar, OrderViolation, Token

GRAMMAR = contract.load().grammar
OPENING = ["thread.run.created", "thread.run.queued", "thread.run.in_progress"]
WRITING = [
    "thread.run.step.created",
    "thread.run.step.in_progress",
    "thread.message.created",
    "thread.message.in_progress",
    "thread.message.delta",
    "thread.message.completed",
    "thread.run.step.completed",
]
WHOLE = [*OPENING, *WRITING, "thread.run.completed"]


def tokens(names: list[str], step_type: str = "message_creation") -> list[Token]:
    """The events by name, each step of its own id."""
    step = 0
    found: list[Token] = []
    for number, name in enumerate(names, start=1):
        step += name == "thread.run.step.created"
        found.append(Token(number, (name,), f"step_{step}" if ".step." in name else None, step_type))
    return found


def walk(names: list[str], kind: str = "create_run", step_type: str = "message_creation") -> list[OrderViolation]:
    return GRAMMAR.walk(GRAMMAR.kinds[kind], tokens(names, step_type))


def test_there_are_twenty_five_events() -> None:
    assert len(GRAMMAR.events) == 25
    assert {event.family for event in GRAMMAR.events.values()} == {"thread", "run", "step", "message", "error", "done"}


def test_each_kind_of_stream_has_its_operation() -> None:
    assert {kind.operation: kind.name for kind in GRAMMAR.kinds.values()} == {
        "createRun": "create_run",
        "createThreadAndRun": "create_thread_and_run",
        "submitToolOuputsToRun": "continuation",
    }
    for kind in GRAMMAR.kinds.values():
        assert GRAMMAR.of_operation(kind.operation) == kind
        assert contract.load().operations.by_id[kind.operation].streams
    assert GRAMMAR.of_operation("createThread") is None


def test_every_violation_stands_under_a_known_requirement() -> None:
    assert set(contract.load().requirements) >= GRAMMAR.requirements


def test_a_whole_stream_is_in_order() -> None:
    assert walk(WHOLE) == []
    assert walk(["thread.created", *WHOLE], "create_thread_and_run") == []
    assert walk(["thread.run.step.completed", *OPENING[1:], *WRITING, "thread.run.completed"], "continuation") == []


def test_a_break_tells_what_was_allowed_and_what_came() -> None:
    (violation,) = walk([*OPENING, *WRITING[:5], *WRITING[6:], "thread.run.completed"])
    assert violation.requirement == "STREAM-ORDER-05"
    assert violation.number == 9
    assert violation.came == "thread.run.step.completed"
    assert violation.allowed[:3] == ("thread.message.delta", "thread.message.completed", "thread.message.incomplete")


def test_the_type_of_a_step_is_told() -> None:
    (violation,) = walk([*OPENING[:2], "thread.run.step.created", "thread.run.step.completed"], step_type="tool_calls")[
        :1
    ]
    assert violation.came == "thread.run.step.created (tool_calls)"


def test_the_end_is_told_without_an_event() -> None:
    (violation,) = walk(WHOLE[:-1])
    assert (violation.number, violation.came) == (None, None)
    assert GRAMMAR.walk(GRAMMAR.kinds["create_run"], tokens(WHOLE[:-1]), ended=False) == []


def test_what_is_wrong_and_understood_does_not_hide_the_rest() -> None:
    names = [
        *OPENING,
        *WRITING[:5],
        *WRITING[6:],
        *WRITING[:3],
        *WRITING[4:],
        "thread.run.completed",
        "thread.run.failed",
    ]
    assert [v.requirement for v in walk(names)] == ["STREAM-ORDER-05", "STREAM-ORDER-05", "STREAM-ORDER-06"]


@pytest.mark.parametrize("name", ["thread.run.thinking", "ping", "done", ""])
def test_events_that_are_none_of_the_grammars_are_skipped(name: str) -> None:
    for at in range(len(WHOLE) + 1):
        assert walk([*WHOLE[:at], name, *WHOLE[at:]]) == []


def test_a_frame_without_a_name_may_be_any_that_fits() -> None:
    unnamed = [Token(one.number, GRAMMAR.names_for("thread.run", "queued")) for one in tokens(OPENING[:2])]
    assert [one.names for one in unnamed] == [("thread.run.created", "thread.run.queued")] * 2
    assert GRAMMAR.walk(GRAMMAR.kinds["create_run"], [*unnamed, *tokens(WHOLE)[2:]]) == []


def test_names_by_data() -> None:
    assert GRAMMAR.names_for("thread.message.delta", None) == ("thread.message.delta",)
    assert GRAMMAR.names_for("thread.run.step", "failed") == ("thread.run.step.failed",)
    assert GRAMMAR.names_for("thread.run", "paused") == ()
    assert GRAMMAR.names_for("assistant", None) == ()


def test_what_is_put_to_the_test_is_counted() -> None:
    kind = GRAMMAR.kinds["create_run"]
    counts = GRAMMAR.exercised(kind, tokens([*OPENING, *WRITING, *WRITING, "thread.run.completed"]))
    assert counts["STREAM-ORDER-05"] == 2
    assert counts["STREAM-ORDER-01"] == 1
    assert "STREAM-ORDER-03" not in counts
    assert "STREAM-ORDER-08" not in counts


@settings(deadline=None)
@given(
    st.sampled_from(sorted(GRAMMAR.kinds)),
    st.lists(
        st.builds(
            Token,
            st.integers(1, 99),
            st.lists(st.sampled_from([*GRAMMAR.events, "thread.run.thinking", ""]), max_size=2).map(tuple),
            st.sampled_from([None, "a", "b"]),
            st.sampled_from([None, "tool_calls", "message_creation", "reasoning"]),
        ),
        max_size=40,
    ),
    st.booleans(),
)
def test_any_order_is_read_to_its_end(kind: str, order: list[Token], ended: bool) -> None:
    violations = GRAMMAR.walk(GRAMMAR.kinds[kind], order, ended=ended)
    assert len(violations) <= len(order) + 1
    assert {violation.requirement for violation in violations} <= GRAMMAR.requirements


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("states", "working", {"edges": {"thread.run.complete": "ended"}}),
        ("states", "working", {"edges": {"thread.run.completed": "nowhere"}}),
        ("states", "working", {"also": ["nothing"]}),
        ("states", "working", {"edges": {"thread.run.completed": {"to": "ended", "breaks": "STREAM-ORDER-99"}}}),
        ("kinds", "create_run", {"operation": "createRun", "start": "nowhere"}),
        ("kinds", "create_run", {"operation": "createRun", "begin": "new_run"}),
        ("events", "thread.run.paused", {"family": "paused"}),
        ("misplaced", "run", "STREAM-ORDER-99"),
    ],
)
def test_data_that_does_not_fit_together_is_refused(tmp_path: Path, part: str, name: str, value: object) -> None:
    document = yaml.safe_load((resources.specs() / "streams.yaml").read_text())
    document[part][name] = value
    (tmp_path / "streams.yaml").write_text(yaml.safe_dump(document))
    with pytest.raises(BrokenContract):
        Grammar(tmp_path / "streams.yaml")
