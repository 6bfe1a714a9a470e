"""Conditions of runs and messages."""

from __future__ import annotations

from conformance.issues.conditions.condition import Condition
from conformance.issues.replies import Json
from conformance.issues.scenery import MESSAGE, delta, ended, opened, piece, run, stream, text, writing

CONDITIONS = {
    "KI-01": Condition(scripts=("queue",), pace=0.5),
    "KI-02": Condition(
        planted={
            "POST /threads/*/runs": stream(
                opened(),
                writing(delta([piece("Hello", annotations=[])], MESSAGE), complete=text("Hello"), status="incomplete"),
                ended("incomplete"),
            ),
            "GET /threads/*/runs/run_1": Json(run("incomplete")),
        },
    ),
    "KI-10": Condition(scripts=("say:Hello", "fail"), control_scripts=("queue", "queue")),
}
