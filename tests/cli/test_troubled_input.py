"""Wrong words, unreadable files, interruptions, keys: told in one line, with the right exit code, nothing lost."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.contract import resources
from tests.cli.command import command
from tests.limits import HANG
from tests.servers import EMPTY_PAGE, answer, serving

KEY = "sk-planted-0123456789abcdef0123456789"
WRONG_USAGE = 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "ftp://x/v1"), "is not an http or https URL"),
        (("run", "http://host:99999"), "'http://host:99999' is not a URL: Port out of range 0-65535"),
        (("run", "http://host:abc/v1"), "is not a URL: Port could not be cast"),
        (("run", "/dev/null"), "/dev/null is no profile, whose file ends in .toml, and no URL such as http://"),
        (("proxy", "--upstream", "127.0.0.1:8000/v1"), "'127.0.0.1:8000/v1' has no scheme; write http://127.0.0.1"),
        (("proxy", "--upstream", "reference"), "name the endpoint by its URL: --upstream https://host/v1"),
        (("serve", "--pace", "nan"), "'nan' is not a valid number of seconds"),
        (("report", "merge", "nowhere/x"), "nowhere/x is no report folder; name those of the shards"),
        (("requirements", "streamz"), "did you mean streams or steps? (the areas are "),
        (("run", "referense"), "choose one of azure, generic, openai, reference"),
        (("run", "--only", "RUN-STAT-01"), "did you mean RUN-STATE-01"),
        (("run", "--only", "streems"), "did you mean streams"),
        (("run", "--only", ""), "'' names nothing (a variable that is not set?); leave it out for everything"),
        (("run", "--only", "objects", "--only", " , "), "' , ' names nothing"),
        (("fuzz", "reference", "--only", ""), "'' names nothing"),
        (("proof", "--fault", ""), "'' names nothing"),
        (("run", "http://127.0.0.1:1/v1", "--api-key-env", "NO_SUCH_VARIABLE"), "NO_SUCH_VARIABLE"),
        (("audit", "nowhere.yaml"), "there is no nowhere.yaml"),
        (("explain", "RUN-STATE-99"), "RUN-STATE-0"),
        (("spec", "compare", "nowhere.yaml"), "nowhere.yaml"),
    ],
)
def test_wrong_words_are_told_with_what_to_write(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    done = command(tmp_path, *words)
    assert done.code == WRONG_USAGE
    assert told in " ".join((done.out + done.err).split())
    assert not (tmp_path / "reports").exists()


def test_a_report_that_cannot_be_written_is_told_and_shown_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    done = command(tmp_path, "run", "--only", "objects", "--report", "taken")
    assert done.code == WRONG_USAGE
    assert "taken" in done.err
    assert (tmp_path / "taken").read_text() == "a file"


def test_cassettes_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    done = command(tmp_path, "run", "reference", "--only", "objects.empty_thread", "--record", "taken")
    assert done.code == WRONG_USAGE
    assert "taken: this is not a folder" in done.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--badge", "folder"), "folder: this is a folder; name a file"),
        (
            ("--markdown", "no/such/summary.md"),
            "no/such/summary.md: there is no folder no/such; make it, or name another",
        ),
        (("--badge", "/dev/null"), "/dev/null: this is no file; name one"),
        (("--report", "taken"), "taken: this is not a folder"),
    ],
)
@pytest.mark.parametrize("command_words", [("run", "http://127.0.0.1:9/v1"), ("audit", "taken")])
def test_what_cannot_be_written_is_told_before_anything_is_sent(
    command_words: tuple[str, ...], words: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "taken").write_text("a file")
    done = command(tmp_path, *command_words, *words)
    assert (done.code, done.out) == (WRONG_USAGE, "")
    assert told in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "taken"]


def test_audit_names_what_it_cannot_read_and_judges_the_rest(tmp_path: Path) -> None:
    good = (resources.cassettes() / "reference/objects/thread_lifecycle.yaml").read_bytes()
    files = {
        "good.yaml": good,
        "empty.yaml": b"",
        "broken.json": b'{"Entries": [',
        "foreign.yaml": b"version: 3\nservices: {}\n",
        "binary.dat": bytes(range(256)),
        "deep.json": b"[" * 10_000,
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    done = command(tmp_path, "audit", *files)
    assert done.code == WRONG_USAGE
    told = " ".join(done.out.split())
    for name in ("empty.yaml", "broken.json", "foreign.yaml", "binary.dat", "deep.json"):
        assert name in told
    assert "empty file" in told
    assert done.report["header"]["exchanges"] > 0


def test_an_audit_that_judged_nothing_is_no_pass(tmp_path: Path) -> None:
    (tmp_path / "v1.jsonl").write_text(
        json.dumps(
            {
                "method": "GET",
                "url": "https://api.openai.com/v1/assistants",
                "request_headers": {"OpenAI-Beta": "assistants=v1"},
                "status": 200,
                "response_headers": {},
                "response_body": {},
                "api_version": "v1",
            }
        )
        + "\n"
    )
    done = command(tmp_path, "audit", "v1.jsonl")
    assert done.code == 3
    assert "version 1" in done.out


def test_an_interrupted_run_reports_what_it_judged(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "from conformance.cli import main; main()", "run", "reference"]
    process = subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stderr is not None
    for _ in range(5):
        process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=HANG)
    assert process.returncode == 130, out + err
    assert "Traceback" not in err
    report = json.loads((tmp_path / "reports/latest/report.json").read_text())
    assert report["header"]["interrupted"]
    assert len(report["scenarios"]) >= 5


def test_a_killed_run_leaves_its_journal(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "from conformance.cli import main; main()", "run", "reference"]
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for _ in range(5):
        process.stderr.readline()
    process.kill()
    process.communicate(timeout=HANG)
    rows = (tmp_path / "reports/latest/journal.jsonl").read_text().splitlines()
    assert len(rows) >= 4
    assert json.loads(rows[0])["spec"]["target"] == "reference"
    assert json.loads(rows[1])["outcome"] == "completed"
    assert not (tmp_path / "reports/latest/report.json").exists()


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    words = f"{sys.executable} -c 'from conformance.cli import main; main()' requirements | head -1"
    done = subprocess.run(words, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=HANG)
    assert done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("key", [KEY, "a-key-of-no-known-form-77"])
def test_keys_and_organisations_are_never_written_or_shown(key: str, tmp_path: Path) -> None:
    """The endpoint echoes the key wherever it can: headers, bodies, error texts."""
    made = {"id": "thread_1", "object": "thread", "created_at": 1, "metadata": {"key": key}, "note": f"Bearer {key}"}
    error = {"error": {"message": f"Incorrect API key provided: {key}", "type": key, "param": None, "code": None}}
    organisation = {
        "openai-organization": "org-planted0123456789abcdef",
        "x-echo": key,
        "openai-project": "proj_planted0123456789",
    }

    def behave(connection: object, request: bytes) -> None:
        body, status = json.dumps(made).encode(), "200 OK"
        if request.startswith(b"GET /v1/assistants"):
            body = EMPTY_PAGE
        elif request.startswith((b"GET", b"DELETE")):
            body, status = json.dumps(error).encode(), "400 Bad Request"
        connection.sendall(answer(status, body, headers=organisation))  # type: ignore[attr-defined]

    with serving(behave) as url:
        done = command(
            tmp_path,
            *("run", url, "--only", "objects,headers", "--record", "cassettes", "--repeats", "1", "--timeout", "2"),
            env={"OPENAI_API_KEY": key},
        )
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in written if path.suffix == ".yaml"]
    for text in (done.out, done.err, *(path.read_text() for path in written)):
        assert key not in text
        assert "planted0123456789" not in text


def test_what_a_run_makes_it_deletes(tmp_path: Path) -> None:
    alive: set[str] = set()
    numbers = iter(range(1000))

    def behave(connection: object, request: bytes) -> None:
        method, path = request.split(b" ", 2)[:2]
        if method == b"POST" and path in (b"/v1/threads", b"/v1/assistants"):
            name = f"thread_{next(numbers)}" if b"threads" in path else f"asst_{next(numbers)}"
            alive.add(name)
            body = {"id": name, "object": "thread"}
        elif method == b"DELETE":
            alive.discard(path.decode().rsplit("/", 1)[1])
            body = {"id": "x", "object": "thread.deleted", "deleted": True}
        else:
            body = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
        connection.sendall(answer(body=json.dumps(body).encode()))  # type: ignore[attr-defined]

    with serving(behave) as url:
        command(tmp_path, "run", url, "--only", "objects", "--repeats", "1", "--timeout", "2")
    assert next(numbers) > 3
    assert alive == set()


def test_an_audit_tells_which_part_of_it_was_not_read_and_its_code(tmp_path: Path) -> None:
    whole = (resources.cassettes() / "reference/schemas/model.yaml").read_text()
    (tmp_path / "good.yaml").write_text(whole)
    (tmp_path / "other.json").write_text('{"what": "this is"}')
    done = command(tmp_path, "audit", "good.yaml", "other.json")
    assert done.code == WRONG_USAGE
    assert "Conformant" in done.out
    (told,) = done.err.strip().splitlines()
    assert "1 of 2 files could not be read, so that this ends with exit code 2" in told


def test_no_process_stays_behind(tmp_path: Path) -> None:
    done = command(
        tmp_path, "run", "reference", "--only", "objects.empty_thread"
    )  # it waits for all that have its output
    assert done.code == 0
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".sock")]
