"""Report files are written whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.evidence.safe_files import NotWritten, write_files
from conformance.report import json_report, write_all
from tests.report import samples


def test_all_formats_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "down"
    paths = write_all(samples.broken(), folder)
    assert [path.name for path in paths] == ["report.json", "report.html", "junit.xml", "report.txt"]
    assert sorted(folder.iterdir()) == sorted(paths)
    assert paths[0].read_text(encoding="utf-8") == json_report.dumps(samples.broken())
    assert "Not conformant: 2 of 5" in paths[3].read_text(encoding="utf-8")


def test_an_older_report_is_replaced(tmp_path: Path) -> None:
    write_all(samples.broken(), tmp_path)
    paths = write_all(samples.conformant(), tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert "Conformant" in paths[3].read_text(encoding="utf-8")


def test_hostile_text_can_be_written(tmp_path: Path) -> None:
    assert all(path.stat().st_size for path in write_all(samples.hostile(), tmp_path))


def test_others_may_read_a_report(tmp_path: Path) -> None:
    for path in write_all(samples.conformant(), tmp_path):
        assert path.stat().st_mode & 0o777 == 0o644


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "latest").write_text("mine")
    with pytest.raises(NotWritten, match="latest: this is not a folder; name a folder"):
        write_all(samples.conformant(), tmp_path / "latest")
    with pytest.raises(NotWritten, match="latest is not a folder; name a folder"):
        write_all(samples.conformant(), tmp_path / "latest" / "run")
    assert (tmp_path / "latest").read_text() == "mine"


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").mkdir()
    with pytest.raises(NotWritten) as raised:
        write_all(samples.conformant(), tmp_path)
    assert raised.value.path == tmp_path / "junit.xml"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(NotWritten, match="Permission denied"):
        write_all(samples.conformant(), tmp_path)


FULL_DISK = """
import resource, sys
sys.dont_write_bytecode = True  # Python 3.11 keeps bytecode that was cut short, and the checkout would be broken
from pathlib import Path
from conformance.evidence.safe_files import NotWritten
from conformance.report import write_all
from tests.report import samples
report = samples.broken()
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_all(report, Path(sys.argv[1]))
except NotWritten as problem:
    sys.exit(0 if problem.reason.startswith("File too large; make room") else problem.reason)
sys.exit("it was written")
"""


def test_a_disk_without_room_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("the last one")
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert (tmp_path / "report.json").read_text() == "the last one"


def test_one_file_that_fails_keeps_the_others_back(tmp_path: Path) -> None:
    (tmp_path / "wall").write_text("")
    with pytest.raises(NotWritten):
        write_files({tmp_path / "a.txt": "a", tmp_path / "wall" / "b.txt": "b"})
    assert [path.name for path in tmp_path.iterdir()] == ["wall"]
