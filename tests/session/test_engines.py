"""What judges portions: the order of the results is that of the work, whatever becomes of the workers."""

import importlib.util
import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.cli.app import app
from conformance.session.engines import Here, Processes, WorkersLost
from tests.limits import wait_until


def test_results_are_in_the_order_of_the_work() -> None:
    for engine in (Here(), Processes(2)):
        with closing(engine.map(doubled, [1, None, 2, 3, None, 4])) as results:
            assert list(results) == [2, 4, 6, 8]


def test_what_is_ready_is_given_out_while_no_more_work_comes() -> None:
    """A feed that is followed may be quiet for hours."""
    given: list[int] = []

    def work() -> Iterator[int | None]:
        yield 1
        while not given:
            yield None

    with closing(Processes(1).map(doubled, work())) as results:
        given += results
    assert given == [2]


def test_a_worker_that_is_lost_costs_nothing(tmp_path: Path) -> None:
    """A process that is killed while it judges is replaced, and its portion is judged again."""
    work = [(number, str(tmp_path / "killed")) for number in range(6)]
    with closing(Processes(2).map(killed_once, work)) as results:
        assert list(results) == list(range(6))
    assert (tmp_path / "killed").exists()


def test_a_worker_that_is_lost_while_it_waits_costs_nothing() -> None:
    lost: list[int] = []

    def work() -> Iterator[int | None]:
        yield 1
        while not lost:
            yield None
        os.kill(lost[0], signal.SIGKILL)
        wait_until(
            lambda: not Path(f"/proc/{lost[0]}/stat").exists() or " Z " in Path(f"/proc/{lost[0]}/stat").read_text()
        )
        yield 2

    with closing(Processes(1).map(process, work())) as results:
        lost += results
    assert len(set(lost)) == 2


def test_workers_that_are_lost_again_and_again_are_told() -> None:
    with closing(Processes(1).map(killed, [1])) as results, pytest.raises(WorkersLost, match="out of memory"):
        list(results)


def test_an_engine_that_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *more: None if name == "ray" else find(name, *more))
    done = CliRunner().invoke(app, ["audit", str(tmp_path), "--engine", "ray"])
    assert done.exit_code == 2, done.output
    assert "assistants-conformance[ray]" in done.output


def process(_: int) -> int:
    return os.getpid()


def doubled(number: int) -> int:
    return 2 * number


def killed_once(work: tuple[int, str]) -> int:
    number, place = work
    if number == 3 and not Path(place).exists():
        Path(place).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def killed(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number
