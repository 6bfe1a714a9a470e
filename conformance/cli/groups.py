"""Groups of commands that import a command only when it is called, so that `--help` costs no more than the parser."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import click


class Group(click.Group):
    """A group that shows the help of each command in full, where click would cut it at the end of the line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the first paragraph of the help of each command."""
        lines = [(name, (command.help or "").split("\n\n")[0]) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl([(name, " ".join(line.split())) for name, line in lines])


class LazyGroup(Group):
    """A group that knows its commands by name and help line; `load` imports the one that is called."""

    def __init__(self, *args: Any, lines: Mapping[str, str], load: Callable[[str], click.Command], **attributes: Any):
        super().__init__(*args, **attributes)
        self.load = load
        self.commands.update({name: click.Command(name, help=line) for name, line in lines.items()})

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; one that is told to stop before it takes signals itself ends with their exit code."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            from conformance.client import interrupt

            sys.exit(interrupt.exit_code() or 130)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, in the order in which they are helpful."""
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported."""
        return self.load(cmd_name) if cmd_name in self.commands else None
