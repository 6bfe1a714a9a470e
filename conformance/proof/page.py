"""The kill matrix as one HTML file: requirements down, faults across, one table for each area of faults."""

from conformance.proof.run import Proof
from conformance.proof.summary import by_area, count
from conformance.report import html_page


def render(proof: Proof) -> str:
    """The whole page."""
    return html_page.render(
        "kill_matrix.html",
        total=count(proof.trials),
        areas=[
            {
                "name": area,
                "count": count(trials),
                "trials": trials,
                "requirements": sorted({name for trial in trials for name in (trial.trips, *trial.tripped)}),
            }
            for area, trials in by_area(proof).items()
        ],
    )
