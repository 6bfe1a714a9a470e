"""Runs the client against the server of this folder, twice, and compares with what is expected.

reproduce.py PYTHON            (a Python that has the SDK)
reproduce.py NODE FOLDER       (Node, and the folder in which `npm install` was run)

Exit code 0: as expected; 1: not; 2: the client did not run, so that nothing can be said.
"""

import json
import subprocess
import sys
from pathlib import Path

from server import BASE, serve

HERE = Path(__file__).resolve().parent
ALWAYS = ("version", "ended")
PATIENT = 8  # times the deadline, for a client that is expected to end


class DidNotRun(Exception):
    """A client that told nothing, and what it wrote instead."""


def read(name):
    """A JSON file of this folder."""
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def client_of(words):
    """The command of the client, without the URL and the mode, and its probe."""
    suffix = "py" if len(words) == 1 else "mjs"
    probe = HERE / f"probe.{suffix}"
    if not probe.is_file():
        raise DidNotRun(f"{probe} is not there")
    return [words[0], str(HERE / f"run.{suffix}"), *(str(Path(one).resolve()) for one in words[1:])], str(probe)


def perform(words, mode, deadline):
    """What the client tells in a mode, and what it asked for."""
    command, probe = client_of(words)
    server = serve(read(f"{mode}.json"))
    url = f"http://127.0.0.1:{server.server_address[1]}{BASE}"
    hung = False
    try:
        client = subprocess.Popen(
            [*command, url, mode, probe], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            told, errors = client.communicate(timeout=deadline)
        except subprocess.TimeoutExpired:
            client.kill()
            hung = True
            told, errors = client.communicate()
    except OSError as problem:
        raise DidNotRun(f"{command[0]} cannot be run: {problem.strerror}") from problem
    finally:
        server.shutdown()
        server.server_close()
    signals = {"hung": hung}
    for line in told.splitlines():
        try:
            signals.update(json.loads(line))
        except ValueError:
            errors += f"{line}\n"  # what a probe printed beside what it told
    if "version" not in signals or not (hung or signals.get("ended")):
        raise DidNotRun(f"the client ended with {client.returncode} before it had told anything:\n{errors.rstrip()}")
    signals["asked"] = len(server.asked) > 0
    return signals, server.asked, errors


def main():
    """Both runs, and the comparison."""
    expected = read("expected.json")
    right = True
    for mode in ("condition", "control"):
        deadline = expected["deadline"] * (1 if expected[mode]["hung"] else PATIENT)
        signals, asked, errors = perform(sys.argv[1:3], mode, deadline)
        print(f"{mode}: {len(asked)} requests")
        wrong = [name for name, value in expected[mode].items() if signals.get(name) != value]
        for name in [*expected[mode], *(name for name in signals if name not in (*expected[mode], *ALWAYS))]:
            rest = f", expected {json.dumps(expected[mode][name])}" if name in wrong else ""
            print(f"  {name}: {json.dumps(signals.get(name))}{rest}")
        if wrong and errors:
            print(f"  the client wrote:\n{errors.rstrip()}")
        right = right and not wrong
    print("as expected" if right else "not as expected")
    return 0 if right else 1


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    try:
        sys.exit(main())
    except DidNotRun as problem:
        print(f"nothing can be said: {problem}", file=sys.stderr)
        sys.exit(2)
