"""Two reports of one endpoint: what became right, what became wrong, and what is known now or no longer."""

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.report.conclusion import counted, exercised, few
from conformance.report.model import Report, Result
from conformance.report.verdict import Verdict

_RED = (Verdict.FAIL, Verdict.ERROR)


@dataclass(frozen=True)
class Comparison:
    """Requirements by what became of them; those that only one report has, and those that stayed, are in none.

    `regressed` held before and fail now, `warned` passed and warn now. `exercised` could not be judged before, with
    `failing` those of them that fail; `undecided` could. `moved` fail in both, for causes of which none is the same.
    `asked` tells how the two were asked for different things; `common` is how many requirements are in both.
    """

    fixed: tuple[str, ...]
    regressed: tuple[str, ...]
    warned: tuple[str, ...]
    exercised: tuple[str, ...]
    failing: tuple[str, ...]
    undecided: tuple[str, ...]
    moved: tuple[str, ...]
    asked: str
    common: int

    def __bool__(self) -> bool:
        return any((self.fixed, self.regressed, self.warned, self.exercised, self.undecided, self.moved))

    def lines(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What became of requirements, with their ids; what matters most comes first."""
        for words, names in (
            ("regressed", self.regressed),
            ("fixed", self.fixed),
            ("newly warned", self.warned),
            ("newly exercised, failing", self.failing),
            ("newly exercised, holding", tuple(name for name in self.exercised if name not in self.failing)),
            ("newly undecided", self.undecided),
            ("failing for another cause", self.moved),
        ):
            if names:
                yield words, names

    def sentence(self) -> str:
        """All of it on one line."""
        told = [f"{len(names):,} {words} ({few(list(names))})" for words, names in self.lines()]
        return ("; ".join(told) or self.unchanged) + (f" ({self.asked})" if self.asked else "")

    @property
    def unchanged(self) -> str:
        """What is to be said where nothing changed."""
        if not self.asked:
            return "nothing changed"
        both = f"{counted(self.common, 'requirement')} that {'is' if self.common == 1 else 'are'} in both"
        return f"nothing changed in the {both}" if self.common else "nothing can be compared, no requirement is in both"


def compare(old: Report, new: Report) -> Comparison:
    """What changed from one report to the next."""
    before = {result.requirement: result for result in old.results}
    pairs = [(before[now.requirement], now) for now in new.results if now.requirement in before]

    def names(*holds: bool) -> tuple[str, ...]:
        return tuple(now.requirement for (_, now), held in zip(pairs, holds, strict=True) if held)

    fresh = [
        not exercised(was.verdict) and was.verdict is not Verdict.ERROR and exercised(now.verdict) for was, now in pairs
    ]
    return Comparison(
        fixed=names(*(was.verdict in _RED and _holds(now) for was, now in pairs)),
        regressed=names(*(_holds(was) and now.verdict in _RED for was, now in pairs)),
        warned=names(*(was.verdict is Verdict.PASS and now.verdict is Verdict.WARN for was, now in pairs)),
        exercised=names(*fresh),
        failing=names(*(one and now.verdict is Verdict.FAIL for one, (_, now) in zip(fresh, pairs, strict=True))),
        undecided=names(*(exercised(was.verdict) and not _decided(now) for was, now in pairs)),
        moved=names(*(_moved(was, now, old, new) for was, now in pairs)),
        asked=_asked(old, new),
        common=len(pairs),
    )


def _asked(old: Report, new: Report) -> str:
    """How two reports were asked for different things; empty where they were not."""
    was, now = old.header, new.header
    told = [
        f"{name} {then}, now {after}"
        for name, then, after in (
            ("of", was.target, now.target),
            ("profile", was.profile, now.profile),
            ("model", was.model, now.model),
            ("asked for", few(list(was.part)) or "everything", few(list(now.part)) or "everything"),
        )
        if then != after and then and after
    ]
    return f"before {', '.join(told)}" if told else ""


def _holds(result: Result) -> bool:
    return result.verdict in (Verdict.PASS, Verdict.WARN)


def _decided(result: Result) -> bool:
    return exercised(result.verdict) or result.verdict is Verdict.ERROR


def _moved(was: Result, now: Result, old: Report, new: Report) -> bool:
    if was.verdict is not Verdict.FAIL or now.verdict is not Verdict.FAIL:
        return False
    before, after = ({cause.key for cause in report.causes if was.requirement in cause.failed} for report in (old, new))
    return bool(before and after) and not before & after


def judges_something(report: Report) -> bool:
    """Whether a report decided anything at all."""
    return any(exercised(result.verdict) for result in report.results)
