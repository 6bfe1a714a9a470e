"""A live run, its replay, and an audit of its recording say the same, requirement by requirement."""

import itertools
import json
import time
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest

from conformance import contract
from conformance.client.tap import Tap
from conformance.contract import resources
from conformance.report.verdict import Verdict
from conformance.scenarios.kit.driver import Driver
from conformance.session.settings import replay_target
from tests.cli.command import command
from tests.limits import HANG
from tests.servers import always, serving

LIVE_ONLY = {name for name, requirement in contract.load().requirements.items() if requirement.live_only}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], Path]:
    """The verdicts of a recording of the reference endpoint, and its cassettes."""
    folder = tmp_path_factory.mktemp("live")
    live = command(folder, "run", "reference", "--record", "cassettes", "-j", "2", timeout=2 * HANG)
    assert live.code == 0, live.out
    return live.verdicts(), folder / "cassettes"


def test_the_reference_endpoint_is_conformant(recorded: tuple[dict[str, str], Path]) -> None:
    verdicts, _ = recorded
    assert not set(verdicts.values()) & {Verdict.FAIL, Verdict.WARN, Verdict.ERROR, Verdict.INCONCLUSIVE}
    assert list(verdicts.values()).count(Verdict.PASS) > 140


def test_recording_again_changes_no_byte(recorded: tuple[dict[str, str], Path]) -> None:
    _, again = recorded
    bundled = resources.cassettes() / "reference"
    files = {path.relative_to(bundled) for path in bundled.rglob("*") if path.is_file()}
    assert {path.relative_to(again) for path in again.rglob("*") if path.is_file()} == files
    changed = [str(path) for path in files if (bundled / path).read_bytes() != (again / path).read_bytes()]
    assert not changed, "run `make record`, and look at what changed"


def test_a_replay_of_the_bundled_cassettes_gives_the_verdicts_of_a_live_run(
    recorded: tuple[dict[str, str], Path], tmp_path: Path
) -> None:
    live, _ = recorded
    replayed = command(tmp_path, "run", timeout=2 * HANG)
    assert replayed.code == 0, replayed.out
    offline = replayed.verdicts()
    assert {name for name in live if live[name] != offline[name]} <= LIVE_ONLY
    for row in replayed.report["results"]:
        if row["requirement"] in LIVE_ONLY:
            assert row["verdict"] == "not-exercised"
            assert "live endpoint" in row["reason"]


def test_real_reports_keep_to_the_published_schema(recorded: tuple[dict[str, str], Path]) -> None:
    _, cassettes = recorded
    document = json.loads((cassettes.parent / "reports/latest/report.json").read_bytes())
    jsonschema_rs.validate(json.loads((resources.specs() / "report.schema.json").read_bytes()), document)
    assert len(document["results"]) == len(contract.load().requirements)
    assert not [row for row in document["results"] if row["verdict"] == "fail"]


def test_parallel_runs_say_the_same(recorded: tuple[dict[str, str], Path], tmp_path: Path) -> None:
    live, _ = recorded
    parallel = command(tmp_path, "run", "reference", "-j", "2", timeout=2 * HANG)
    assert parallel.code == 0, parallel.out
    assert parallel.verdicts() == live


def test_an_audit_of_the_recording_says_the_same(recorded: tuple[dict[str, str], Path], tmp_path: Path) -> None:
    live, cassettes = recorded
    audited = command(tmp_path, "audit", str(cassettes), timeout=2 * HANG)
    verdicts = audited.verdicts()
    assert {name: (live[name], verdicts[name]) for name in live if live[name] != verdicts[name]} == {}


def test_a_machine_that_stands_still_for_minutes_replays_what_was_recorded() -> None:
    """On a busy machine answers of a cassette "had not ended when the deadline passed"."""
    stalls = itertools.count(step=60)
    with serving(always(body=b'{"id": "thread_1"}')) as url:
        tap = Tap(clock=lambda: time.monotonic() + next(stalls))
        api = Driver(replace(replay_target(), url=url), contract.load(), tap=tap)
        assert api.send("getThread", thread_id="thread_1").ok
        assert [exchange.failure for exchange in tap.exchanges] == [None]
        api.close()
