"""The proof as a Markdown page."""

from collections.abc import Iterator, Mapping

from conformance.proof.run import Proof
from conformance.proof.summary import by_area, count, survivors


def render(proof: Proof, gaps: list[str], excused: Mapping[str, str]) -> str:
    """Counts, what was not killed, and every fault with what killed it."""
    return "\n".join(_lines(proof, gaps, excused)) + "\n"


def _lines(proof: Proof, gaps: list[str], excused: Mapping[str, str]) -> Iterator[str]:
    total = count(proof.trials)
    yield "# Planted faults and the checks that kill them"
    yield ""
    yield (
        f"{total.faults:,} faults, {total.killed:,} killed by the requirement they name, {total.collateral:,} seen by "
        f"others only, {total.survived:,} not seen. The faithful endpoint was driven through {len(proof.measured):,} "
        f"scenarios with {len(proof.alarms):,} alarms."
    )
    if proof.interrupted:
        yield ""
        yield "The proof was interrupted: faults that are not listed were not tried."
    yield ""
    yield "| area | faults | killed by name | seen by others only | not seen |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for area, trials in by_area(proof).items():
        one = count(trials)
        yield f"| {area} | {one.faults} | {one.killed} | {one.collateral} | {one.survived} |"
    yield from _section(
        "Not killed by name", [f"`{s.fault}` ({s.trips}): {s.about} {_seen(s.collateral)}" for s in survivors(proof)]
    )
    yield from _section("Alarms of the faithful endpoint", proof.alarms)
    yield from _section("Checks and scenarios that broke", proof.broken)
    yield from _section("Requirements without a fault", gaps)
    yield from _section("Requirements that no fault can trip", [f"{name}: {why}" for name, why in excused.items()])
    for area, trials in by_area(proof).items():
        yield ""
        yield f"## {area}"
        yield ""
        yield "| fault | what is wrong | must trip | killed in | also tripped |"
        yield "| --- | --- | --- | --- | --- |"
        for trial in trials:
            others = " ".join(trial.collateral)
            yield f"| {trial.fault} | {_cell(trial.about)} | {trial.trips} | {trial.witness or '**no**'} | {others} |"


def _seen(others: list[str]) -> str:
    return f"Seen by {', '.join(others)}." if others else "Seen by none."


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"## {title}"
        yield ""
        yield from (f"- {line}" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
