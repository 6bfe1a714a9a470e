"""Faults that make a request acceptable which must be refused: tables of them, and the words they are written with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from conformance.proof.faults.fault import requests
from conformance.proof.faults.scene import Scene, Sent

ASSISTANT = "createAssistant modifyAssistant"
METADATA = f"{ASSISTANT} createThread modifyThread createMessage modifyMessage createRun modifyRun createThreadAndRun"
MODIFICATIONS = "modifyAssistant modifyThread modifyMessage modifyRun"
RUN = "createRun createThreadAndRun"

Change: TypeAlias = Callable[[Sent, Scene], None]
Row: TypeAlias = tuple[str, str, str, str, Change]
"""Name, requirement, operations, what is wrong, and the change that makes the endpoint accept the request."""


def lenient(rows: Iterable[Row]) -> None:
    """Register the faults of a table; they are faults of the area `limits`."""
    for name, trips, operations, about, change in rows:
        requests(*operations.split(), trips=trips, id=f"limits.{name}", about=about)(change)


def query(name: str, make: Callable[[str], str | None]) -> Change:
    """Change a parameter of the query; None leaves it out."""

    def change(sent: Sent, scene: Scene) -> None:
        if name in sent.query:
            value = make(sent.query[name][-1])
            if value is None:
                del sent.query[name]
            else:
                sent.query[name] = [value]

    return change


def text(value: Any) -> Any:
    """A text, whatever it was before."""
    return value if isinstance(value, str) or value is None else str(value)
