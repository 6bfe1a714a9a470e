"""`issues` as a user types it."""

import json
from pathlib import Path

import pytest

from tests.cli.command import command

UNREACHABLE = {"HTTPS_PROXY": "http://127.0.0.1:9", "npm_config_registry": "http://127.0.0.1:9/"}


def test_the_list_and_an_issue(tmp_path: Path) -> None:
    listed = command(tmp_path, "issues", "list")
    assert listed.code == 0
    assert "KI-07" in listed.out
    shown = command(tmp_path, "issues", "show", "ki-07")
    assert "https://github.com/openai/openai-node/issues/1700" in shown.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "KI-99"), "there is no issue 'KI-99'"),
        (("reproduce", "KI-99"), "there is no issue 'KI-99'"),
        (("reproduce", "CE-04"), "cannot be shown"),
        (("reproduce", "KI-02", "--sdk", "ruby==1.0.0"), "names no SDK"),
        (("reproduce", "KI-02", "--sdk", "node==4"), "no release"),
        (("reproduce", "KI-02", "--bisect"), "needs one KEY and two --sdk"),
        (("reproduce", "KI-02", "--bisect", "--matrix"), "it goes with no --matrix, --json, --report or --save"),
        (("reproduce", "KI-02", "--merge"), "--merge goes with --report DIR"),
        (("list", "--sdk", "node"), "names no SDK"),
        (("export", "KI-02", "--sdk", "node"), "names no SDK"),
        (("export", "KI-32", "--sdk", "node==4.58.1"), "cannot show in node"),
        (("new", "MY-1"), "either --recording FILE or --script FILE"),
        (("new", "MY-1", "--script", "none.yaml"), "No such file"),
        (("new", "MY-1", "--recording", "none.yaml"), "no such file"),
        (("check", "reference", "KI-05"), "none of these issues"),
        (("check", "reference", "KI-99"), "there is no issue 'KI-99'"),
        (("check", "nonsense"), "nonsense"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    run = command(tmp_path, "issues", *words)
    assert run.code == 2
    assert told in run.err
    assert len(run.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "listed", "missing"),
    [
        (("--language", "node"), {"KI-05", "CE-01"}, {"KI-33", "CE-04"}),
        (("--sdk", "python==1.30.1"), {"KI-17", "CE-01"}, {"KI-57", "KI-05"}),
        (("--sdk", "node==7.4.0"), {"KI-20", "KI-58"}, {"KI-57"}),  # between two measured ones, of which one has it
        (("--symptom", "pipe is not a FUNCTION"), {"KI-59"}, {"KI-58"}),
        (("--symptom", "has an active run"), {"CE-01"}, {"KI-59"}),
        (("--symptom", "no such words"), set(), {"KI-01"}),
    ],
)
def test_the_list_is_filtered(tmp_path: Path, words: tuple[str, ...], listed: set[str], missing: set[str]) -> None:
    run = command(tmp_path, "issues", "list", "--json", *words)
    keys = {issue["key"] for issue in json.loads(run.out)}
    assert listed <= keys
    assert not missing & keys


def test_the_list_explains_its_columns(tmp_path: Path) -> None:
    told = " ".join(command(tmp_path, "issues", "list").out.split())
    assert "fault: whose it is" in told
    assert "hung, in a matrix, is a reproduction" in told


@pytest.mark.parametrize("language", ["python==1.30.1 python==1.40.8", "node==4.58.1 node==4.77.0"])
def test_a_registry_that_cannot_be_asked_is_told(tmp_path: Path, language: str) -> None:
    first, last = language.split()
    words = ("issues", "reproduce", "KI-02", "--bisect", "--sdk", first, "--sdk", last)
    run = command(tmp_path, *words, env={**UNREACHABLE, "CONFORMANCE_SDK_CACHE": str(tmp_path / "cache")})
    assert run.code == 2
    assert "cannot be asked for the releases" in run.err


SCRIPT = """
- {request: "POST /threads", json: {id: thread_1, object: thread}}
- request: "POST /threads/*/runs"
  stream: [{event: thread.run.created, data: {id: run_1}}, {event: done, data: "[DONE]"}]
"""


def test_a_new_probe_from_a_script(tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text(SCRIPT)
    run = command(tmp_path, "issues", "new", "MY-1", "--script", "script.yaml", "--sdk", "node==4.58.1")
    assert run.code == 0, run.err
    assert "thread.run.created" in (tmp_path / "MY-1" / "condition.json").read_text()
    assert 's.client.post("/threads")' in (tmp_path / "MY-1" / "probe.mjs").read_text()
    assert "npm install" in (tmp_path / "MY-1" / "README.md").read_text()


def test_somebody_s_work_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text(SCRIPT)
    words = ("issues", "new", "MY-1", "--script", "script.yaml", "--sdk", "node==4.58.1")
    assert command(tmp_path, *words).code == 0
    probe = tmp_path / "MY-1" / "probe.mjs"
    probe.write_text("mine")
    again = command(tmp_path, *words)
    assert again.code == 2
    assert "probe.mjs" in again.err
    assert "--force" in again.err
    assert probe.read_text() == "mine"
    assert command(tmp_path, *words, "--force").code == 0
    assert probe.read_text() != "mine"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "is not YAML"),
        ("{}", "expected a list"),
        ("- {request: GET /a}", "entry 1"),
        ("- {request: GET /a, json: 1, stream: []}", "entry 1"),
        ("- {request: GET /a, stream: 3}", "stream is a list"),
        ("- {request: GET /a, json: 1, status: no}", "status is a number"),
    ],
)
def test_a_script_that_cannot_be_followed_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "script.yaml").write_text(text)
    run = command(tmp_path, "issues", "new", "MY-1", "--script", "script.yaml")
    assert run.code == 2
    assert told in run.err
    assert not (tmp_path / "MY-1").exists()


@pytest.mark.parametrize("name", ["../evil", "a/b", "", ".hidden", "x" * 80])
def test_a_name_is_no_path(name: str, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("[]")
    asked = command(tmp_path, "issues", "new", name, "--script", "s.yaml", "--sdk", "python==1.30.1")
    assert asked.code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["s.yaml"]
