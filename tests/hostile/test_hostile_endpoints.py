"""Whatever an endpoint does, a run ends in time and in bounded memory, says the truth, and still runs the rest."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import jsonschema_rs
import pytest

from conformance.contract import resources
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from tests.hostile.endpoints import HOSTILITIES, Hostility, hostile
from tests.limits import HANG

SCHEMA = json.loads((resources.specs() / "report.schema.json").read_text())
MEMORY_MIB = 330
"""Peak of the whole process, of which 80 are the suite itself; measured: at most 290."""
TIMEOUT = "1.2"
PROGRAM = """
import atexit, pathlib
from conformance.cli import main

def keep_peak():
    rows = dict(line.split(":", 1) for line in open("/proc/self/status"))
    pathlib.Path("peak").write_text(rows["VmHWM"].split()[0])

atexit.register(keep_peak)
main()
"""
BYSTANDER = "objects.assistant_lifecycle"
LONG = {
    *("status line without end", "headers for ever", "not HTTP", "body without end", "gzip that is none"),
    *("content length too short", "10,000 deep object", "number out of range", "empty", "array", "error of markup"),
    *("two content types", "two content lengths", "status 999", "another protocol", "created with control characters"),
    *("created under a name of 1 MB", "pages for ever", "page of 100,000", "stream of comments, fast"),
    *("stream of one event", "reset within an event", "stream of markup", "empty stream"),
}
"""Those of which `make test` has a sibling: the same part of the suite meets them, and `make fuzz` tries them all."""


def test_at_least_thirty_are_tried_always() -> None:
    names = {hostility.name for hostility in HOSTILITIES}
    assert names >= LONG
    assert len(names - LONG) >= 30


@pytest.mark.parametrize(
    "hostility",
    [pytest.param(one, id=one.name, marks=[pytest.mark.long] if one.name in LONG else []) for one in HOSTILITIES],
)
def test_a_run_survives(hostility: Hostility, tmp_path: Path) -> None:
    struck = hostility.scenario
    options = ["--only", struck, "--only", BYSTANDER, "--timeout", TIMEOUT, "--repeats", "1"]
    with ReferenceServer(Settings()) as server:
        port = int(server.url.split(":")[2].split("/")[0])
        with hostile(hostility, port) as url:
            out = tmp_path / "out"
            with out.open("w") as told:
                words = [sys.executable, "-c", PROGRAM, "run", url, *options]
                process = subprocess.run(words, cwd=tmp_path, stdout=told, stderr=told, timeout=HANG)
    text = out.read_text()
    assert "Traceback" not in text, text
    assert process.returncode in hostility.codes, text[-1500:]
    peak = int((tmp_path / "peak").read_text()) / 1024
    assert peak < MEMORY_MIB
    raw = (tmp_path / "reports/latest/report.json").read_text()
    assert not [character for character in text + raw if ord(character) in {0x1B, 0x07, 0x9B, 0x202E}]
    report = json.loads(raw)
    jsonschema_rs.validate(SCHEMA, report)
    junit = ElementTree.parse(tmp_path / "reports/latest/junit.xml").getroot()
    assert len(list(junit.iter("testcase"))) >= len(report["results"])
    assert (tmp_path / "reports/latest/report.txt").read_text().strip()
    failed = {row["requirement"] for row in report["results"] if row["verdict"] == "fail"}
    if hostility.fails:
        assert failed & hostility.fails, f"failed instead: {sorted(failed)}"
    scenarios = {row["name"]: row for row in report["scenarios"]}
    if not hostility.fails:
        assert not failed
        assert scenarios[struck]["outcome"] == (hostility.outcome or "inconclusive")
    assert scenarios[BYSTANDER]["outcome"] == "completed"
    assert struck in scenarios
