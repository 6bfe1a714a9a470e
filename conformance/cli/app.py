"""The command line as a whole: its commands, and the module of each."""

from functools import cache
from importlib import import_module

import click

from conformance.cli.groups import LazyGroup
from conformance.cli.project_settings import CONFIGURED, Configured

COMMANDS = {
    "run": "Drive an endpoint and judge what it does; without TARGET, replay the bundled cassettes offline.",
    "audit": "Judge recorded traffic: cassettes of any recorder, HAR, files of proxies, JSON lines.",
    "proxy": "Stand between clients and an endpoint: pass everything on as it comes, and judge it.",
    "compare": "Tell what changed between two reports: fixed, regressed, newly exercised, newly undecided, for another "
    "cause.",
    "report": "Reports that are made of others: put the shards of a run together.",
    "baseline": "Known deviations: accept them by name, and be told of new ones.",
    "fuzz": "Look for violations with generated requests; what fails is shrunk, and kept as curl line and cassette.",
    "clean": "Delete what a killed run left on an endpoint, and nothing else: only what its ledger names is touched.",
    "profile": "Profiles: how an endpoint is spoken to, in a file that can be written by asking it.",
    "serve": "Serve the reference endpoint: a faithful Assistants v2 API in memory, with a scripted model.",
    "proof": "Plant each fault in the reference endpoint and see that the requirement it names finds it.",
    "requirements": "List what is required: id, level, strongest evidence and rule.",
    "explain": "Tell everything about one requirement: rule, evidence, checks, and the scenarios that exercise it.",
    "issues": "Known issues of SDKs and endpoints, shown on real SDK releases.",
    "spec": "The contract as an OpenAPI document: beside others, and for other tools.",
}
"""Each command with its help, which a test compares with that of the command itself."""

MODULES = {"requirements": "explain"}
"""Where the module of a command in `conformance.cli` is not named after it."""


@cache
def load(name: str) -> click.Command:
    """Import a command: a function with click's parameters, or a group."""
    command = getattr(import_module(f"conformance.cli.{MODULES.get(name, name)}"), name)
    if isinstance(command, click.Command):
        return command
    if name not in CONFIGURED:
        return click.command(name)(command)
    return click.command(name, cls=Configured, run=lambda: load("run"))(command)


@click.command(
    cls=LazyGroup,
    lines=COMMANDS,
    load=load,
    name="assistants-conformance",
    epilog="Exit codes: 0 conformant; 1 not; 2 wrong usage or unreadable input; 3 nothing was judged, or less than "
    "half; 4 unreachable, or the suite broke; 130 interrupted; 143 told to stop (SIGTERM).",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="assistants-conformance", message="%(package)s %(version)s")
def app() -> None:
    """Does an endpoint keep the contract of the Assistants API v2? Drive it, or judge recordings of it."""
