"""Another tool with our document on the reference endpoint: it reports nothing that is not explained."""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.contract import resources
from conformance.contract.yaml_files import load_yaml
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings

EXPLAINED = load_yaml(Path(__file__).with_name("explained.yaml"))["schemathesis"]
KEY = "sk-of-the-oracle"
CASES = 2000
SECONDS = 600


def failures(report: Path) -> Iterator[tuple[str, str]]:
    """(code, what happened) of every failed check in a report of events."""
    for line in report.read_text().splitlines():
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for case, checks in recorder.get("checks", {}).items():
            for check in checks:
                if check["status"] == "failure":
                    found = check["failure_info"]["failure"]
                    answer = recorder["interactions"][case].get("response") or {}
                    method = recorder["cases"][case]["value"]["method"]
                    path = recorder["cases"][case]["value"]["path"]
                    said = " ".join([*found["message"].split(), error(answer)])
                    yield found["code"], f"{method} {path}: {said}"


def error(answer: dict[str, Any]) -> str:
    try:
        body = json.loads(base64.b64decode(answer["content"]["$base64"]))
        return str(body["error"]["message"])
    except (KeyError, TypeError, ValueError):
        return ""


def explained(code: str, text: str) -> bool:
    return any(row["code"] == code and re.search(row["match"], text, re.DOTALL) for row in EXPLAINED)


def run(folder: Path, *options: str) -> tuple[int, list[str]]:
    """How many cases it made, and what it reports that is not explained."""
    report = folder / "events.ndjson"
    with ReferenceServer(Settings(api_key=KEY)) as server:
        document = str(resources.specs() / "assistants-v2.openapi.yaml")
        command = [sys.executable, "-m", "schemathesis.cli", "run", document, "--url", server.url]
        command += ["--header", f"Authorization: Bearer {KEY}", "--header", "OpenAI-Beta: assistants=v2"]
        command += ["--continue-on-failure", "--no-shrink", *options]
        command += ["--generation-database", "none", "--report", "ndjson", "--report-ndjson-path", str(report)]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    made = re.search(r"(\d+) generated", ran.stdout)
    assert made is not None, ran.stdout + ran.stderr
    return int(made[1]), [f"{code} {text}" for code, text in failures(report) if not explained(code, text)]


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 6))])
def test_nothing_is_reported_that_is_not_explained(seed: int, tmp_path: Path) -> None:
    made, unexplained = run(tmp_path, "--seed", str(seed), "--max-examples", "10")
    assert made >= CASES
    assert unexplained == []


@pytest.mark.long
def test_its_sequences_report_nothing_for_ten_minutes(tmp_path: Path) -> None:
    options = ("--phases", "stateful", "--seed", "1", "--max-examples", "100000", "--max-time", str(SECONDS))
    made, unexplained = run(tmp_path, *options)
    assert made >= CASES
    assert unexplained == []
