"""Faults of the wire: answers that do not come, or not whole."""

from conformance.proof.faults.context import FaultContext
from conformance.proof.faults.fault import answers
from conformance.proof.interception import Answer


@answers("listModels").function("WIRE-ANSWER-01")
def models_hang(answer: Answer, context: FaultContext) -> None:
    """The list of models is never answered."""
    answer.withheld = True


@answers("deleteThread").function("WIRE-ANSWER-01")
def second_deletion_hangs(answer: Answer, context: FaultContext) -> None:
    """Deleting a thread that is gone is never answered."""
    answer.withheld = answer.status == 404


@answers("getRun").function("WIRE-WHOLE-01")
def run_breaks_off(answer: Answer, context: FaultContext) -> None:
    """A run that has completed is answered with half of it."""
    answer.cut = answer.ok and answer.body["status"] == "completed"


@answers("listRunSteps").function("WIRE-WHOLE-01")
def steps_break_off(answer: Answer, context: FaultContext) -> None:
    """The steps of a run break off in the midst."""
    answer.cut = answer.ok and bool(answer.body["data"])
