"""Faults of the wire: answers that do not come, or not whole."""

from __future__ import annotations

from conformance.proof.faults.fault import answers
from conformance.proof.faults.scene import Answer, Scene


@answers("listModels", trips="WIRE-ANSWER-01")
def models_hang(answer: Answer, scene: Scene) -> None:
    """The list of models is never answered."""
    answer.withheld = True


@answers("deleteThread", trips="WIRE-ANSWER-01")
def second_deletion_hangs(answer: Answer, scene: Scene) -> None:
    """Deleting a thread that is gone is never answered."""
    answer.withheld = answer.status == 404


@answers("getRun", trips="WIRE-WHOLE-01")
def run_breaks_off(answer: Answer, scene: Scene) -> None:
    """A run that has completed is answered with half of it."""
    answer.cut = answer.ok and answer.body["status"] == "completed"


@answers("listRunSteps", trips="WIRE-WHOLE-01")
def steps_break_off(answer: Answer, scene: Scene) -> None:
    """The steps of a run break off in the midst."""
    answer.cut = answer.ok and bool(answer.body["data"])
