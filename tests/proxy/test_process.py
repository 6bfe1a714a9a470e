"""The process of the relay tells in lines of JSON, whatever else is printed in it."""

from pathlib import Path

import pytest

from conformance.proxy.process import Process, Settings
from tests.limits import wait_until


def test_what_else_is_printed_is_no_word_of_the_relay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('a library says hello', [], sep='\\n')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Process(Settings("http://127.0.0.1:1/v1")) as relay:
        assert relay.url.endswith("/v1")
    wait_until(lambda: not relay.runs, "the end of the relay")
    assert relay.troubles == []
