"""The real service's own sessions, held against the reference endpoint: same statuses, same shapes, same event order.

Needs the recordings (`CONFORMANCE_RECORDINGS`, or the folder `shared/recordings` beside the checkout).
"""

import json
from typing import Any

import httpx
import pytest

from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from conformance.trace.event import parse_events
from tests.reference.conftest import HEADERS
from tests.reference.sessions import Recorded, Replay, is_ordered, load, of_its_time, recordings, scripts, shape

FOLDER = recordings()
SESSIONS = load(FOLDER) if FOLDER else {}

EARLY = "27 April 2024, the first days of version 2: the service still answered in the form of version 1"
ACCOUNT = "lists the whole account, with assistants that the session did not create"
ACCOUNT_FILES = "lists the whole account, with files that the session did not upload"
EXCLUDED = {
    "messages_delete_message_setup[0]": EARLY,
    "messages_delete_thread_setup[0]": EARLY,
    "runs_streamed_create[3]": "April 2024: an incomplete run was told as completed; its own event came in May",
    "assistants_list[1]": ACCOUNT,
    "BasicAssistantOperationsWork[6]": ACCOUNT,
    "DeleteFileCanParseServiceError[0]": "the error stood in the answer twice, under `detail` too, in this one only",
    "files_list[0]": ACCOUNT_FILES,
    "files_list[1]": ACCOUNT_FILES,
    "vector_store_file_batches_list[0]": "the service was out of order: 500, and 200 when asked again",
}


def differences(replay: Replay, recorded: Recorded, response: httpx.Response) -> list[str]:
    """What is different about the answer, in words; empty where nothing is."""
    if response.status_code != recorded.status:
        return [f"status {response.status_code} instead of {recorded.status}: {response.text}"]
    if recorded.status >= 400:
        wanted = json.loads(replay.translate(json.dumps(recorded.answer)))
        return [] if response.json() == wanted else [f"{response.json()} instead of {wanted}"]
    if not response.headers["content-type"].startswith(("application/json", "text/event-stream")):
        return [] if recorded.path.endswith("/content") else [f"{response.headers['content-type']}: {response.text}"]
    if not recorded.events:
        return _compared(response.json(), recorded.answer)
    shown = [(event.name or "", event.json) for event in parse_events(response.content) if not event.is_done]
    ours, theirs = _first_of_each(shown), _first_of_each(recorded.events)
    if [name for name, _ in ours] != [name for name, _ in theirs]:
        return [f"events {[name for name, _ in ours]} instead of {[name for name, _ in theirs]}"]
    return [found for (_, one), (_, other) in zip(ours, theirs, strict=True) for found in _compared(one, other)]


def _compared(ours: Any, theirs: Any) -> list[str]:
    ordered = is_ordered(theirs)
    one, other = shape(of_its_time(ours, theirs), ordered=ordered), shape(theirs, ordered=ordered)
    return [] if one == other else [f"{one} instead of {other}"]


def _first_of_each(events: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The first and the second of each row of deltas, since those differ; every other event."""
    kept: list[tuple[str, Any]] = []
    for name, data in events:
        if name.endswith(".delta") and [each for each, _ in kept[-2:]] == [name, name]:
            continue
        kept.append((name, data))
    return kept


@pytest.mark.skipif(FOLDER is None, reason="no recordings here; CONFORMANCE_RECORDINGS tells where they are")
@pytest.mark.parametrize("name", sorted(SESSIONS))
def test_session(name: str) -> None:
    session = SESSIONS[name]
    # Runs of April 2024 were accepted with a cap of 16 tokens.
    settings = Settings(script=tuple(scripts(session)), token_cap_minimum=16, pace=0.01)
    found: dict[str, list[str]] = {}
    with (
        ReferenceServer(settings) as server,
        httpx.Client(base_url=server.url, headers=HEADERS, trust_env=False) as http,
    ):
        replay = Replay(http, session)
        for recorded in session:
            if different := differences(replay, recorded, replay.send(recorded)):
                found[recorded.name] = different

    names = {recorded.name for recorded in session}
    assert {each: why for each, why in found.items() if each not in EXCLUDED} == {}
    assert [each for each in EXCLUDED if each in names and each not in found] == [], "these are no exceptions any more"


@pytest.mark.skipif(FOLDER is None, reason="no recordings here; CONFORMANCE_RECORDINGS tells where they are")
def test_there_is_something_to_compare() -> None:
    exchanges = [recorded for session in SESSIONS.values() for recorded in session]
    assert len(exchanges) > 200
    assert set(EXCLUDED) <= {recorded.name for recorded in exchanges}
