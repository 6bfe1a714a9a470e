"""The commands in the READMEs of `issues export` and `issues new`, as they stand there."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import command
from tests.limits import HANG

pytestmark = pytest.mark.network

SCRIPT = """
- {request: "POST /threads", json: {id: thread_1, object: thread}}
- request: "POST /threads/*/runs"
  stream: [{event: thread.run.created, data: {id: run_1, object: thread.run}}, {event: done, data: "[DONE]"}]
"""


@pytest.mark.parametrize("sdk", ["python==1.30.5", "python==3.52.0", "node==4.58.2", "node==7.55.0"])
@pytest.mark.parametrize(
    "words", [("export", "KI-07"), ("new", "MY-1", "--script", "script.yaml")], ids=lambda one: one[0]
)
def test_the_commands_of_a_readme_work(tmp_path: Path, sdk: str, words: tuple[str, ...]) -> None:
    (tmp_path / "script.yaml").write_text(SCRIPT)
    made = command(tmp_path, "issues", *words, "--sdk", sdk)
    if "cannot be installed" in made.err or "the install failed" in made.err:
        pytest.skip(made.err)
    assert made.code == 0, made.err
    folder = tmp_path / words[1]
    commands = re.search(r"```\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    assert commands is not None
    done = subprocess.run(
        ["sh", "-e", "-c", commands[1]], cwd=folder, capture_output=True, text=True, timeout=HANG, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("\nas expected\n")
