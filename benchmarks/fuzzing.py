"""Two fuzzers on one endpoint, each on a fresh one and for as long: schemathesis with our document, and our `fuzz`.

`make fuzz` runs it on FakeAI and writes reports/fuzz.md. What was reached is counted on the wire, by our proxy before
the endpoint; the traffic of both is judged by the same checks.
"""

import argparse
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from conformance import contract
from conformance.contract import resources
from conformance.recordings import read

ROOT = Path(__file__).resolve().parents[1]
KEY = "sk-any"
OURS = (sys.executable, "-c", "from conformance.cli import main; main()")
LATE = 2.0
"""Seconds that a tool may take beyond its time."""
PATIENCE = 60.0
"""Seconds that an endpoint may take to start, and a proxy to write its report."""


@dataclass(frozen=True)
class Outcome:
    """What one tool did: operations that answered at all, with 2xx and with 5xx, violated MUSTs, seconds in all."""

    tool: str
    answered: frozenset[str]
    accepted: frozenset[str]
    crashed: frozenset[str]
    requests: int
    musts: frozenset[str]
    seconds: float
    own: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """A server in a process of its own, once it listens."""
    with (folder / "servers.log").open("ab") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            end = time.monotonic() + PATIENCE
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    if server.poll() is not None or time.monotonic() > end:
                        sys.exit(f"{shlex.join(command)} does not listen; see {folder}/servers.log")
                    time.sleep(0.2)
            yield
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def measured(tool: str, command: list[str], endpoint: str, folder: Path) -> Outcome:
    """Run a tool on a fresh endpoint, behind a proxy that records and judges; `{url}` in its command is where."""
    folder.mkdir(parents=True)
    port, front = free_port(), free_port()
    recorded, judged = folder / "traffic.jsonl", folder / "proxy"
    proxy = [*OURS, "proxy", "--upstream", f"http://127.0.0.1:{port}/v1", "--port", str(front)]
    proxy += ["--record", str(recorded), "--report", str(judged)]
    with serving(shlex.split(endpoint.format(port=port)), port, folder), serving(proxy, front, folder):
        words = [word.format(url=f"http://127.0.0.1:{front}/v1", folder=folder) for word in command]
        start = time.monotonic()
        ran = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, env={**os.environ, "OPENAI_API_KEY": KEY}
        )
        seconds = time.monotonic() - start
        (folder / "tool.txt").write_text(ran.stdout + ran.stderr)
    answered, accepted, crashed, requests = set(), set(), set(), 0
    for row in read(recorded).rows:
        requests += 1
        route = contract.load().operations.match(row.exchange.request.method, row.exchange.request.path)
        if route is not None and row.exchange.response is not None:
            name, status = route.operation.operation_id, row.exchange.response.status
            answered.add(name)
            accepted |= {name} if status < 300 else set()
            crashed |= {name} if status >= 500 else set()
    reports = [judged / "report.json", *folder.glob("fuzz/report.json")]
    musts = {
        row["requirement"]
        for report in reports
        for row in json.loads(report.read_text())["results"]
        if (row["level"], row["verdict"]) == ("MUST", "fail")
    }
    own = re.search(r"found (\d+) unique failures", ran.stdout)
    said = f"{own[1]} failures of its own checks" if own else ""
    sets = (frozenset(answered), frozenset(accepted), frozenset(crashed))
    return Outcome(tool, *sets, requests, frozenset(musts), seconds, said)


def page(outcomes: list[Outcome], name: str, limit: int, seed: int) -> str:
    """The page in Markdown."""
    lines = ["# Two fuzzers on one endpoint", ""]
    lines += [
        f"{name}, {limit} s each on a fresh endpoint, seed {seed}. Measured by `make fuzz`: operations are counted on",
        "the wire; the traffic of both is judged by the same checks, and `fuzz` knows what it did wrong on purpose.",
        "",
        "| | " + " | ".join(one.tool for one in outcomes) + " |",
        "| --- |" + " ---: |" * len(outcomes),
    ]
    total = len(list(contract.load().operations))
    rows = {
        f"operations that answered, of {total}": [str(len(one.answered)) for one in outcomes],
        "operations that accepted a request": [str(len(one.accepted)) for one in outcomes],
        "operations with a 5xx": [str(len(one.crashed)) for one in outcomes],
        "MUST requirements violated": [str(len(one.musts)) for one in outcomes],
        "requests": [f"{one.requests:,}" for one in outcomes],
        "seconds": [f"{one.seconds:.0f}" for one in outcomes],
        "beside": [one.own for one in outcomes],
    }
    lines += [f"| {what} | " + " | ".join(values) + " |" for what, values in rows.items()]
    for one, other in (outcomes, outcomes[::-1]):
        for what, names in (("5xx", one.crashed - other.crashed), ("MUST", one.musts - other.musts)):
            lines += ["", f"{what} that only {one.tool} met: {', '.join(sorted(names)) or 'none'}."]
    late = [one.tool for one in outcomes if one.seconds > limit + LATE]
    lines += ["", f"Later than {LATE:g} s beyond its time: {', '.join(late) or 'none'}."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure both, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True, help="the command that serves it, with {port}")
    parser.add_argument("--name", required=True, help="what it is, with its version")
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--page", type=Path, default=ROOT / "reports" / "fuzz.md")
    chosen = parser.parse_args()
    document = str(resources.specs() / "assistants-v2.openapi.yaml")
    theirs = [sys.executable, "-m", "schemathesis.cli", "run", document, "--url", "{url}", "--seed", str(chosen.seed)]
    theirs += ["--header", f"Authorization: Bearer {KEY}", "--header", "OpenAI-Beta: assistants=v2"]
    theirs += ["--max-time", str(chosen.seconds), "--continue-on-failure", "--generation-database", "none"]
    ours = [*OURS, "fuzz", "{url}", "--seed", str(chosen.seed), "--max-time", str(chosen.seconds)]
    ours += ["--timeout", "10", "--report", "{folder}/fuzz"]
    with tempfile.TemporaryDirectory() as folder:
        outcomes = [
            measured(tool, command, chosen.endpoint, Path(folder) / tool)
            for tool, command in (("schemathesis", theirs), ("fuzz", ours))
        ]
    chosen.page.write_text(page(outcomes, chosen.name, chosen.seconds, chosen.seed))


if __name__ == "__main__":
    main()
