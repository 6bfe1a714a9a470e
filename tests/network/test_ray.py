"""A cluster of Ray judges a long feed as this machine does, though a worker is killed in the middle."""

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.cli.command import command
from tests.cli.test_auditing_feeds import THREADS, rows, told

pytestmark = pytest.mark.network

CHECKOUT = Path(__file__).parents[2]
KILLING = """
    import os, signal
    from pathlib import Path

    from conformance.session import auditing

    judge = auditing.record_portion

    def judge_or_die(portion):
        once = Path({once!r})
        if portion.rows[0].exchange.number > 1 and not once.exists():
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return judge(portion)

    auditing.record_portion = judge_or_die
    from conformance.cli import main

    main()
"""


def test_a_cluster_makes_the_report_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "day.jsonl").write_text("\n".join(rows(THREADS, wrong=2)) + "\n")
    python = tmp_path / "ray/bin/python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "ray"], check=True)
    ray = ["--constraint", CHECKOUT / "constraints.txt", "--editable", f"{CHECKOUT}[ray]"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *ray], check=True)
    local = command(tmp_path, "audit", "day.jsonl", "--sole-client").report
    once = tmp_path / "killed-once"
    script = dedent(KILLING.format(once=str(once)))
    words = [python, "-c", script, "audit", "day.jsonl", "--sole-client", "--engine", "ray", "--report", "of-ray"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert once.exists()
    assert told(json.loads((tmp_path / "of-ray/report.json").read_text())) == told(local)
