"""Wherever an endpoint says the key: no file and no line on the screen has it, and no other host gets it."""

import base64
import gzip
import re
import socket
from pathlib import Path
from urllib.parse import unquote

import pytest

from conformance.evidence.secrets import find_secrets
from tests.cli.command import Run, command
from tests.hostile.echoes import FOREIGN, ORGANISATION, echoing, naming
from tests.servers import EMPTY_PAGE, answer, serving

KEYS = ["sk-proj-Planted0123456789abcdefXYZ", "odd+key/of=no.known~form-77"]


def everything(done: Run) -> dict[str, str]:
    """What a command has written, unpacked, and shown; names of files are part of it."""
    texts = {"screen": done.out + done.err}
    for path in done.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            name = str(path.relative_to(done.folder))
            texts[name] = name + (gzip.decompress(content) if path.suffix == ".gz" else content).decode(
                "utf-8", "replace"
            )
    return texts


def readings(text: str) -> list[str]:
    """A text as it is, with its escapes undone, and what its words say in base64 and hexadecimal."""
    plain = unquote(re.sub(r"\\+u00([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), text))
    decoded = []
    for word in set(re.findall(r"[A-Za-z0-9+/_-]{16,}", text)):
        even = word[: len(word) // 4 * 4].replace("-", "+").replace("_", "/")
        decoded.append(base64.b64decode(even).decode("latin-1"))
        if re.fullmatch(r"[0-9a-f]+", word):
            decoded.append(bytes.fromhex(word[: len(word) // 2 * 2]).decode("latin-1"))
    return [text, plain, "\n".join(decoded)]


def assert_free_of(done: Run, *secrets: str) -> None:
    """Nothing that was written or shown holds one of these, in any spelling that a reader would undo."""
    for place, text in everything(done).items():
        shown = readings(text)
        for secret in secrets:
            assert not [one for one in shown if secret.lower() in one.lower()], f"{place} holds {secret}"
            assert secret[:16].lower() not in text.lower(), f"{place} holds the beginning of {secret}"
        assert not find_secrets(text, secrets), place


@pytest.mark.parametrize("key", [KEYS[0], pytest.param(KEYS[1], marks=pytest.mark.long)])
def test_a_run_tells_no_secret(key: str, tmp_path: Path) -> None:
    words = (
        "--only",
        "objects,streams.text,errors,headers",
        "--record",
        "cassettes",
        "--repeats",
        "1",
        "--timeout",
        "5",
    )
    with echoing(key) as url:
        done = command(tmp_path, "run", url, *words, env={"OPENAI_API_KEY": key})
        left = command(tmp_path, "clean", url, env={"OPENAI_API_KEY": key})
    assert done.code == 1, done.out + done.err
    assert left.code in (0, 4)
    written = set(everything(done))
    assert {
        f"reports/latest/{name}" for name in ("report.json", "report.html", "junit.xml", "report.txt", "journal.jsonl")
    } <= written
    assert [name for name in written if name.startswith("cassettes/streams/")]
    assert [row for row in done.report["results"] if row["verdict"] == "fail"]
    assert "error" not in done.verdicts().values()
    assert "not written" not in done.out + done.err
    for run in (done, left):
        assert_free_of(run, key, FOREIGN, ORGANISATION)


def test_a_cassette_that_cannot_be_written_takes_no_verdict_with_it(tmp_path: Path) -> None:
    words = ("--only", "objects", "--repeats", "1", "--timeout", "5")
    (tmp_path / "plain").mkdir()
    with naming(KEYS[0]) as url:
        plain = command(tmp_path / "plain", "run", url, *words, env={"OPENAI_API_KEY": KEYS[0]})
        done = command(tmp_path, "run", url, *words, "--record", "cassettes", env={"OPENAI_API_KEY": KEYS[0]})
    assert done.verdicts() == plain.verdicts()
    assert "error" not in done.verdicts().values()
    assert done.code == 4
    told = " ".join(done.out.split())
    assert told.count("the cassette was not written of objects.") >= 1
    assert re.search(r"; nor were \d+ others", told)
    written = {path.stem for path in (tmp_path / "cassettes").rglob("*.yaml*")}
    assert "assistant_lifecycle" in {path.stem for path in (tmp_path / "cassettes" / "objects").iterdir()}
    assert written
    assert_free_of(done, KEYS[0])


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (("--schema", "--only", "getAssistant", "--max-examples", "3", "--max-time", "60"), ".yaml"),
        pytest.param(("--stateful", "--max-examples", "2", "--max-time", "20"), ".py", marks=pytest.mark.long),
    ],
)
def test_fuzzing_tells_no_secret(words: tuple[str, ...], kept: str, tmp_path: Path) -> None:
    with echoing(KEYS[0]) as url:
        done = command(tmp_path, "fuzz", url, *words, "--timeout", "3", env={"OPENAI_API_KEY": KEYS[0]})
    assert done.code == 1, done.out + done.err
    assert [name for name in everything(done) if name.startswith("reports/latest/fuzz/") and name.endswith(kept)]
    assert_free_of(done, KEYS[0], FOREIGN, ORGANISATION)


@pytest.mark.parametrize("key", ["dummy", "assistants"])
def test_a_word_as_the_key_leaves_the_report_readable(key: str, tmp_path: Path) -> None:
    done = command(tmp_path, "run", "reference", "--only", "objects.assistant_lifecycle", env={"OPENAI_API_KEY": key})
    assert done.code == 0, done.out + done.err
    assert "redacted" not in (tmp_path / "reports/latest/report.json").read_text()


@pytest.mark.parametrize("status", ["301 Moved Permanently", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_another_host_gets_neither_request_nor_key(status: str, tmp_path: Path) -> None:
    """The same machine under another name and port stands for another host."""
    key, seen = KEYS[0], []

    def elsewhere(connection: socket.socket, request: bytes) -> None:
        seen.append(request)
        connection.sendall(answer(body=EMPTY_PAGE))

    with serving(elsewhere) as other:
        place = other.replace("127.0.0.1", "localhost") + "/threads"

        def behave(connection: socket.socket, request: bytes) -> None:
            if request.startswith(b"GET /v1/assistants?limit=1 "):
                connection.sendall(answer(body=EMPTY_PAGE))
                return
            headers = {"Location": place, "Refresh": f"0; url={place}", "Alt-Svc": f'h2="{place}"'}
            connection.sendall(answer(status, b"", headers=headers))

        with serving(behave) as url:
            done = command(
                tmp_path,
                *("run", url, "--only", "objects,streams.text,files", "--repeats", "1", "--timeout", "3"),
                env={"OPENAI_API_KEY": key, "HTTP_PROXY": other, "http_proxy": other, "ALL_PROXY": other},
            )
    assert seen == []
    assert done.code in (0, 1, 3), done.out + done.err
    assert_free_of(done, key)


def test_a_key_in_the_url_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    done = command(tmp_path, "run", f"http://127.0.0.1:9/{KEYS[0]}/v1")
    assert done.code == 2
    assert "holds what looks like a key" in done.err
    assert KEYS[0] not in done.out + done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("key", ["sk-ключ-0123456789abcdef", "sk-new\nline-0123456789"])
def test_a_key_that_no_header_can_carry_is_told_without_it(key: str, tmp_path: Path) -> None:
    done = command(tmp_path, "run", "http://127.0.0.1:9/v1", env={"OPENAI_API_KEY": key})
    assert done.code == 2
    assert "the API key in OPENAI_API_KEY has characters that no header can carry" in done.err
    assert "0123456789" not in done.out + done.err
