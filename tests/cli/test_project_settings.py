"""Settings of a project in pyproject.toml, and what --show-config tells."""

import tomllib
from pathlib import Path

import pytest

from tests.cli.command import command

TABLE = "[tool.assistants-conformance]\n"


def project(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(TABLE + text)
    return folder


def shown(folder: Path, *words: str) -> tuple[dict[str, object], str]:
    """The settings of a command as they are told, and the text."""
    done = command(folder, *words, "--show-config")
    assert done.code == 0, done.err
    return tomllib.loads(done.out)["tool"]["assistants-conformance"], done.out


def test_options_come_from_the_project_and_the_command_line_goes_first(tmp_path: Path) -> None:
    project(tmp_path, 'jobs = 3\ntimeout = 7\nonly = ["objects", "runs"]\nstrict = true\nshow = "all"\n')
    found, text = shown(tmp_path, "run", "--jobs", "2")
    assert (found["jobs"], found["timeout"], found["only"]) == (2, 7.0, ["objects", "runs"])
    assert found["strict"] is True
    assert found["repeats"] == 3
    lines = {line.split(" = ")[0]: line.split("  # ")[1] for line in text.splitlines() if " = " in line}
    assert (lines["jobs"], lines["repeats"]) == ("command line", "default")
    assert lines["only"] == str(tmp_path / "pyproject.toml")


def test_what_is_set_is_what_is_done(tmp_path: Path) -> None:
    project(tmp_path, 'only = "objects.empty_thread"\nreport = "here"\n')
    done = command(tmp_path, "run")
    assert done.code == 0
    assert (tmp_path / "here/report.json").is_file()
    assert "[1/1]" in done.err
    assert command(tmp_path, "run", "--no-config", "--only", "objects.thread_lifecycle").report["scenarios"]


def test_a_target_and_its_profile_are_found_from_a_folder_below(tmp_path: Path) -> None:
    project(tmp_path, 'target = "http://127.0.0.1:9/v1"\nprofile = "./mine.toml"\napi-key-env = "MY_KEY"\n')
    (tmp_path / "mine.toml").write_text('auth = "api-key"\nmodel = "mine"\n')
    below = tmp_path / "a/b"
    below.mkdir(parents=True)
    done = command(below, "run", "--show-config", env={"MY_KEY": "it-is-secret"})
    assert 'profile = "../../mine.toml"' in done.out
    assert "# auth: api-key" in done.out
    assert "# key: from MY_KEY, which is set" in done.out
    assert "it-is-secret" not in done.out


def test_other_commands_take_what_means_the_same_to_them(tmp_path: Path) -> None:
    project(
        tmp_path, 'target = "http://127.0.0.1:9/v1"\nonly = ["objects"]\nreport = "here"\nbaseline = "known.toml"\n'
    )
    found, _ = shown(tmp_path, "fuzz", "reference")
    assert (found["target"], found["report"]) == ("reference", "here")
    assert "only" not in found
    assert shown(tmp_path, "audit", "x")[0]["baseline"] == "known.toml"
    cleaned = command(tmp_path, "clean")
    assert "nothing is left: here/leftovers.jsonl names no objects" in cleaned.out, (
        "no key goes where a file alone says"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("job = 4", "unknown key job; did you mean jobs? known are api-key-env, badge, baseline,"),
        ("resume = true", "unknown key resume"),
        ("jobs = true", "jobs = True; it takes a whole number"),
        ("jobs = 2.5", "jobs = 2.5; it takes a whole number"),
        ("jobs = nan", "jobs = nan; it takes a whole number"),
        ("repeats = inf", "repeats = inf; it takes a whole number"),
        ("timeout = nan", "timeout: nan is not a valid number of seconds"),
        ('timeout = "4"', "timeout = '4'; it takes a number"),
        ("jobs = 65", "jobs: 65 is not in the range 1<=x<=64"),
        ('strict = "yes"', "strict = 'yes'; it takes true or false"),
        ("only = [1]", "only = [1]; it takes a list of texts"),
        ("model = 4", "model = 4; it takes a text"),
        ('show = "much"', "show: 'much' is not one of 'summary', 'failures', 'all'"),
        ("jobs = ", "cannot be read"),
    ],
)
def test_a_wrong_setting_is_told_with_its_key_and_what_it_takes(text: str, told: str, tmp_path: Path) -> None:
    done = command(project(tmp_path, text), "run")
    assert done.code == 2
    assert told in " ".join(done.err.split())
    assert str(tmp_path / "pyproject.toml") in done.err.replace("\n", "")
    assert command(tmp_path, "run", "--no-config", "--plan", "--only", "objects.empty_thread").code == 0


@pytest.mark.parametrize("text", ["", "[tool.other]\njobs = 'x'\n", "[project]\nname = 'x'\n"])
def test_a_project_without_settings_changes_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert shown(tmp_path, "run")[0]["jobs"] == 1
