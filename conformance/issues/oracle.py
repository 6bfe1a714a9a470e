"""Signs: what has to be seen, in the signals of a probe and on the wire, for an issue to be there."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.issues.plan import matches
from conformance.issues.server import LoggedExchange

ABSENT = object()
_SUBJECTS = ("signal", "sent", "slope", "hangs")
_TESTS = ("is", "not", "matches", "absent", "at_least", "at_most", "times")
_FILTERS = ("with", "without")


class BadSign(ValueError):
    """A sign that cannot be understood."""


@dataclass(frozen=True)
class Observed:
    """What one performance of a probe brought.

    `signals` is all that the probe told; `hung` that it was cut off at its deadline; `trouble` why it broke off before
    its end, with the last of its error output.
    """

    signals: Mapping[str, Any]
    log: tuple[LoggedExchange, ...] = ()
    hung: bool = False
    trouble: str | None = None
    seconds: float = 0.0

    @property
    def not_applicable(self) -> str | None:
        """Why the release has nothing to show, if so."""
        return self.signals.get("not_applicable")


@dataclass(frozen=True)
class Sign:
    """One thing to be seen: a subject, and what is to be true of it.

    `signal: error.class` looks at what the probe told, `sent: POST /files` counts requests (`with` and `without` look
    into their body, query and headers), `slope: NAME` is the growth per step of a row of numbers, `hangs: true` is a
    probe that had to be cut off.
    """

    rule: Mapping[str, Any]

    def __post_init__(self) -> None:
        subjects = [name for name in _SUBJECTS if name in self.rule]
        unknown = set(self.rule) - {*_SUBJECTS, *_TESTS, *_FILTERS}
        if len(subjects) != 1 or unknown:
            raise BadSign(f"a sign has one of {', '.join(_SUBJECTS)} and known tests, not {dict(self.rule)}")
        if "hangs" not in self.rule and not set(self.rule) & set(_TESTS):
            raise BadSign(f"a sign says what is to be true, unlike {dict(self.rule)}")

    def seen(self, observed: Observed) -> bool:
        """Whether it is there."""
        rule = self.rule
        if "hangs" in rule:
            return observed.hung is rule["hangs"]
        if "sent" in rule:
            return _holds(len(self._sent(observed)), {"is": rule["times"]} if "times" in rule else rule)
        if "slope" in rule:
            row = look(observed.signals, rule["slope"])
            return isinstance(row, Sequence) and len(row) >= 6 and _holds(slope(row), rule)
        return _holds(look(observed.signals, rule["signal"]), rule)

    def _sent(self, observed: Observed) -> list[LoggedExchange]:
        wanted, unwanted = self.rule.get("with", {}), self.rule.get("without", ())
        return [
            one
            for one in observed.log
            if _on(self.rule["sent"], one)
            and all(look(_view(one), path) == value for path, value in wanted.items())
            and all(look(_view(one), path) is ABSENT for path in unwanted)
        ]


def slope(row: Sequence[float]) -> float:
    """Growth per step by least squares, over the last two thirds: a process first grows to its working size."""
    settled = row[len(row) // 3 :]
    middle, mean = (len(settled) - 1) / 2, sum(settled) / len(settled)
    spread = sum((step - middle) ** 2 for step in range(len(settled)))
    return sum((step - middle) * (value - mean) for step, value in enumerate(settled)) / spread


def look(value: Any, path: str) -> Any:
    """What stands at a dotted path; `ABSENT` where nothing does."""
    for name in path.split("."):
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return ABSENT
    return value


def _on(pattern: str, exchange: LoggedExchange) -> bool:
    return pattern == "any" or matches(pattern, exchange.request.method, exchange.request.path)


def _view(exchange: LoggedExchange) -> dict[str, Any]:
    request = exchange.request
    return {
        "body": request.body,
        "query": {name: values[-1] for name, values in request.query.items()},
        "header": request.headers,
        "text": request.content.decode("utf-8", "replace"),
    }


def _holds(value: Any, rule: Mapping[str, Any]) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    for test, wanted in rule.items():
        match test:
            case "is":
                held = value is not ABSENT and value == wanted
            case "not":
                held = value != wanted  # what did not come at all is not what was wanted either
            case "absent":
                held = (value is ABSENT) is wanted
            case "matches":
                held = isinstance(value, str) and re.search(wanted, value, re.DOTALL) is not None
            case "at_least":
                held = number and value >= wanted
            case "at_most":
                held = number and value <= wanted
            case _:
                continue
        if not held:
            return False
    return True
