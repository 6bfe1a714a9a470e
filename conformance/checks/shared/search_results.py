"""Judging the results of searches, of vector stores and of runs alike."""

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation
from conformance.trace.json import Json, format_value, is_number
from conformance.trace.trace import Where


def judge_order(requirement: str, where: Where, rows: list[dict[str, Json]]) -> Iterator[Observation]:
    """Judge that scores never rise from one result to the next."""
    scores = [row["score"] for row in rows if is_number(row.get("score"))]
    if len(scores) != len(rows) or len(rows) < 2:
        return
    yield Examined(requirement, where.exchange)
    for index in range(1, len(scores)):
        if scores[index] > scores[index - 1]:
            expected = f"a score of {format_value(scores[index - 1])} or less behind the result before"
            yield Finding(requirement, where.below(index, "score"), expected, f"score {format_value(scores[index])}")
            return


def judge_threshold(
    requirement: str, where: Where, rows: list[dict[str, Json]], threshold: Json
) -> Iterator[Observation]:
    """Judge that no result scores below a threshold."""
    for index, row in enumerate(rows if is_number(threshold) else ()):
        if not is_number(row.get("score")):
            continue
        yield Examined(requirement, where.exchange)
        if row["score"] < threshold:
            expected = f"a score of {format_value(threshold)} or more"
            yield Finding(requirement, where.below(index, "score"), expected, f"score {format_value(row['score'])}")
