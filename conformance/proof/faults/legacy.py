"""Faults of what is left of version 1."""

from conformance.proof.faults.changes import succeed
from conformance.proof.faults.context import FaultContext
from conformance.proof.faults.fault import answers
from conformance.proof.interception import Answer


@answers().function("LEGACY-FILES-01")
def files_of_version_1(answer: Answer, context: FaultContext) -> None:
    """The files of assistants and messages are served as in version 1: an empty list."""
    if not context.operation and answer.status in (404, 405):
        page: dict[str, object] = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
        succeed(answer, page)
