"""Runs the client against the server of this folder, twice, and compares with what is expected.

reproduce.py PYTHON            (a Python that has the SDK)
reproduce.py NODE FOLDER       (Node, and the folder in which `npm install` was run)

Exit code 0: as expected; 1: not.
"""

import json
import subprocess
import sys
from pathlib import Path

from server import BASE, serve

HERE = Path(__file__).resolve().parent


def read(name):
    """A JSON file of this folder."""
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def perform(command, mode, deadline):
    """What the client tells in a mode, and whether it had to be cut off."""
    server = serve(read(f"{mode}.json"))
    probe = HERE / ("probe.py" if command[-1].endswith("run.py") else "probe.mjs")
    words = [*command, f"http://127.0.0.1:{server.server_address[1]}{BASE}", mode, str(probe)]
    if not command[-1].endswith("run.py"):
        words = [command[0], str(HERE / "run.mjs"), command[1], *words[2:]]
    client = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        told, hung = client.communicate(timeout=deadline)[0], False
    except subprocess.TimeoutExpired:
        client.kill()
        told, hung = client.communicate()[0], True
    server.shutdown()
    server.server_close()
    signals = {"hung": hung}
    for line in told.splitlines():
        signals |= json.loads(line)
    return signals, server.asked


def main():
    """Both runs, and the comparison."""
    expected = read("expected.json")
    command = [sys.argv[1], str(HERE / "run.py")] if len(sys.argv) == 2 else sys.argv[1:3]
    right = True
    for mode in ("condition", "control"):
        signals, asked = perform(command, mode, expected["deadline"] + 10 * (not expected[mode].get("hung")))
        print(f"{mode}: {len(asked)} requests")
        for name, value in expected[mode].items():
            same = signals.get(name) == value
            right = right and same
            print(f"  {name}: {json.dumps(signals.get(name))}" + ("" if same else f", expected {json.dumps(value)}"))
    print("as expected" if right else "not as expected")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
