"""Files are written by one writer, which writes none that holds a secret, and none by half."""

import ast
from pathlib import Path

import pytest

import conformance
from conformance.evidence.safe_files import Draft, NotWritten, SecretsLeft, write_files


@pytest.mark.parametrize("content", ["one line\nsk-proj-Abcdefgh1234567890\n", "password Zx9-Zx9-Zx9-Zx9"])
def test_no_file_is_written_that_holds_a_secret_and_none_beside_it(content: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("the last one")
    with pytest.raises(SecretsLeft) as refused:
        write_files({tmp_path / "a.json": "harmless", tmp_path / "b.html": content}, ("Zx9-Zx9-Zx9-Zx9",))
    told = str(refused.value)
    assert told.startswith(f"{tmp_path / 'b.html'}: ")
    assert "API key" in told
    assert "line" in told
    assert "Abcdefgh1234567890" not in told
    assert "Zx9-Zx9" not in told
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_text() == "the last one"


def test_packed_files_are_looked_through_before_they_are_packed(tmp_path: Path) -> None:
    draft = Draft("harmless", b"\x1f\x8b", within=("sk-proj-Abcdefgh1234567890",))
    with pytest.raises(SecretsLeft):
        write_files({tmp_path / "a.yaml.gz": draft})
    assert not list(tmp_path.iterdir())


def test_a_place_that_is_none_is_told_in_one_line_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "below" / "a.json", Path("/proc/none/a.json")):
        with pytest.raises(NotWritten) as refused:
            write_files({place: "{}"})
        assert "name a" in str(refused.value)
        assert "\n" not in str(refused.value)


WRITERS = {"evidence/safe_files.py", "session/journal.py", "client/ledger.py"}
APART = ("probes/", "bundle/", "issues/environments.py")
"""Programs for elsewhere, and the cache of SDK environments, which holds fixed texts."""


def test_every_file_is_written_by_the_one_writer() -> None:
    """No other module opens a file for writing: `safe_files.py` writes whole files, two more add lines."""
    package = Path(conformance.__file__).parent
    found = []
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if name in WRITERS or any(part in name for part in APART):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("write_text", "write_bytes", "mkstemp", "NamedTemporaryFile", "copyfile") or (
                called == "open" and _writes(node)
            ):
                found.append(f"{name}:{node.lineno} {called}")
    assert not found


def _writes(call: ast.Call) -> bool:
    modes = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    texts = [mode.value for mode in modes if isinstance(mode, ast.Constant) and isinstance(mode.value, str)]
    return any(len(text) <= 3 and set(text) & set("wax+") for text in texts)
