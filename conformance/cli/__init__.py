"""The command line: one module per command, each imported when it is called for."""

import sys


def main() -> None:
    """Run `assistants-conformance`; what goes wrong is told in one line, never as a traceback."""
    from conformance.client import interrupt

    interrupt.take_signals()
    try:
        _run()
    except SystemExit as end:
        from conformance.cli.exit import ExitCode

        if end.code == ExitCode.INTERRUPTED and interrupt.exit_code() == ExitCode.TERMINATED:
            sys.exit(ExitCode.TERMINATED)
        raise
    except KeyboardInterrupt:
        sys.exit(interrupt.exit_code() or 130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away (`| head`); nobody is left to be told
        sys.exit(141)


def _run() -> None:
    from conformance.cli.app import app

    try:
        app()
    except Exception as problem:
        from conformance.contract import BrokenContract

        if not isinstance(problem, BrokenContract):
            raise
        print(f"assistants-conformance: the contract cannot be read: {problem}", file=sys.stderr)
        sys.exit(2)
