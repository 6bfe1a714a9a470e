"""Options that several commands share."""

from collections.abc import Callable
from math import isnan
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound="Callable[..., Any] | click.Command")

REPORT_FOLDER = Path("reports/latest")
"""Where a run or an audit writes its report."""

A_PATH = click.Path(path_type=Path)
WHOLE = click.IntRange(min=1)


class Seconds(click.FloatRange):
    """A time in seconds, at most a year: `nan` and `inf` are numbers to Python, and no time to anybody."""

    name = "seconds"

    def __init__(self, least: float) -> None:
        super().__init__(min=least, max=31_536_000)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; fails like any value that is out of range."""
        seconds = float(super().convert(value, param, ctx))
        if isnan(seconds):
            self.fail(f"{value!r} is not a valid number of seconds.", param, ctx)
        return seconds


SECONDS = Seconds(0.1)

profile = click.option("--profile", metavar="NAME", help="How the endpoint is spoken to (a name, or a .toml file).")
model = click.option("--model", metavar="NAME", help="The model to ask for.")
api_key_env = click.option("--api-key-env", metavar="NAME", help="The environment variable that holds the API key.")

SHOW = ("summary", "failures", "all")
show = click.option(
    "--show",
    type=click.Choice(SHOW),
    help="How much is shown: a summary (the default), every failure with its exchange, or all of report.txt.",
)

baseline = click.option(
    "--baseline", type=A_PATH, metavar="FILE", help="Accept what this file says, and fail for what is not as it says."
)


markdown = click.option("--markdown", type=A_PATH, metavar="FILE", help="Write a summary in Markdown there too.")
badge = click.option("--badge", type=A_PATH, metavar="FILE", help="Write the verdict as a badge (SVG) there too.")
strict = click.option("--strict/--no-strict", help="Warnings and inconclusive verdicts fail the run too.")


def report(words: str) -> Callable[[F], F]:
    """`--report`, with these words on what is there."""
    return click.option("--report", type=A_PATH, default=REPORT_FOLDER, metavar="DIR", show_default=True, help=words)


def timeout(words: str = "Longest wait in seconds for one answer.") -> Callable[[F], F]:
    """`--timeout`, with these words on what it limits."""
    return click.option("--timeout", type=SECONDS, default=30.0, metavar="SECONDS", show_default=True, help=words)


def required_text(name: str, metavar: str, words: str) -> Callable[[F], F]:
    """An option that has to say something."""

    def not_blank(ctx: click.Context, param: click.Parameter, value: str) -> str:
        if not value.strip():
            raise click.BadParameter("it has to say something.", ctx, param)
        return value

    return click.option(name, required=True, callback=not_blank, metavar=metavar, help=words)


MOST_JOBS = 64
"""Each job is a process of some 60 MB: several hundred took all the memory of a machine."""


def jobs(words: str, default: int = 1) -> Callable[[F], F]:
    """`--jobs`, with these words on what is done at the same time."""
    return click.option(
        "--jobs", "-j", type=click.IntRange(1, MOST_JOBS), default=default, metavar="N", show_default=True, help=words
    )


sole_client = click.option(
    "--sole-client",
    is_flag=True,
    help="Nobody else used the endpoint meanwhile: what another client may have done fails, too.",
)
