"""What starting the command costs, in bare interpreters: `--help` and `requirements` beside `python -c pass`.

Processor time of whole processes, taken in turn, so that a busy machine weighs on all alike. Run it with `make bench`.
"""

import os
import statistics
import sys
from pathlib import Path

ROUNDS = 21
MAIN = "from conformance.cli import main; main()"
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "--help": ["-c", MAIN, "--help"],
    "run --help": ["-c", MAIN, "run", "--help"],
    "requirements": ["-c", MAIN, "requirements"],
}


def seconds(words: list[str]) -> float:
    """The processor time of one process; bytecode is kept, as it is where the package is installed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    pid = os.posix_spawn(sys.executable, [sys.executable, *words], environment, file_actions=quiet)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{' '.join(words)} ended with status {status}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print the median of each command, and its ratio to a bare interpreter."""
    os.chdir(Path(__file__).resolve().parents[1])
    for words in COMMANDS.values():
        seconds(words)
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, words in COMMANDS.items():
            taken[name].append(seconds(words))
    bare = statistics.median(taken["python -c pass"])
    for name, values in taken.items():
        median = statistics.median(values)
        print(f"{name:<16} {1000 * median:6.0f} ms   {median / bare:5.1f} bare interpreters")


if __name__ == "__main__":
    main()
