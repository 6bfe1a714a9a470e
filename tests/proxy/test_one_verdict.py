"""One live run, seen by a tap in the client, by the proxy, and in its cassette, HAR and JSON lines: one verdict."""

from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from conformance import contract
from conformance.checks.judge import judge
from conformance.client.tap import Tap
from conformance.proof.faults import named
from conformance.proof.faults.hooks import plant
from conformance.proxy.judge import JournalJudge
from conformance.recordings.audit import audit
from conformance.reference.server import ReferenceServer
from conformance.report.model import Result
from conformance.session.attempt import record
from conformance.session.audit_report import records_of
from conformance.session.selection import Selection
from conformance.session.verdicts import decide
from conformance.trace.trace import Trace
from tests.proxy.relays import relaying

FAULTS = (
    "schemas.streamed_run_without_tools",
    "streams.another_id_in_the_end",
    "runs.failed_without_reason",
    "schemas.created_201",
    "schemas.messages_more_null",
)
KEY = "sk-test-abcdefghijklmnopqrstuvwxyz0123456789"


def drive(client: openai.OpenAI, http: httpx2.Client) -> None:
    """A session with plain answers, lists, a stream that is read, one that is left, a function call and refusals."""
    beta = client.beta
    weather: Any = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    assistant = beta.assistants.create(model="gpt-4o-mini", name="n", tools=[weather], metadata={"key": KEY})
    thread = beta.threads.create(messages=[{"role": "user", "content": "héllo"}])
    beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id, poll_interval_ms=20)
    with beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        stream.until_done()  # the SDK reads up to the sentinel and hangs up
    headers = {"OpenAI-Beta": "assistants=v2", "Authorization": f"Bearer {KEY}"}
    whole = {"assistant_id": assistant.id, "stream": True}
    http.post(f"{client.base_url}threads/{thread.id}/runs", json=whole, headers=headers).raise_for_status()
    with beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        next(iter(stream))
    for run in beta.threads.runs.list(thread.id):
        beta.threads.runs.retrieve(run.id, thread_id=thread.id)
    called = beta.threads.create_and_run_poll(
        assistant_id=assistant.id,
        thread={"messages": [{"role": "user", "content": "weather?"}]},
        metadata={"script": "call:1"},
        poll_interval_ms=20,
    )
    assert called.required_action is not None
    outputs: Any = [
        {"tool_call_id": call.id, "output": "22"} for call in called.required_action.submit_tool_outputs.tool_calls
    ]
    with beta.threads.runs.submit_tool_outputs_stream(
        run_id=called.id, thread_id=called.thread_id, tool_outputs=outputs
    ) as stream:
        stream.until_done()
    list(beta.threads.messages.list(called.thread_id, limit=1))
    with pytest.raises(openai.NotFoundError):
        beta.threads.retrieve("thread_000000000000000000000000")
    with pytest.raises(openai.BadRequestError):
        beta.assistants.create(model="gpt-4o-mini", name="n" * 300)
    file = client.files.create(file=("notes.bin", b"\x00\xff notes"), purpose="assistants")
    client.files.delete(file.id)


def verdicts(results: tuple[Result, ...]) -> dict[str, tuple[str, int, int]]:
    """Verdict, subjects and findings of each requirement."""
    return {one.requirement: (str(one.verdict), one.examined, one.findings_total) for one in results}


def audited(path: Path) -> dict[str, tuple[str, int, int]]:
    loaded = contract.load()
    records = records_of(audit([path], loaded), loaded, sole_client=True)
    assert len(records) == 1
    return verdicts(decide(loaded, records, Selection.of(()), audit=True))


@pytest.fixture(scope="module", params=[(), FAULTS], ids=["as it should be", "broken"])
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each of the five makes of the same run."""
    folder, loaded, tap = tmp_path_factory.mktemp("proxy"), contract.load(), Tap()
    server = ReferenceServer()
    plant(server.app, named(request.param))
    with server, relaying(server.url, folder, "x.har", "x.yaml") as relayed:
        transport = tap.transport(httpx2)
        with (
            httpx2.Client(transport=transport) as http,
            openai.OpenAI(base_url=relayed.url, api_key=KEY, max_retries=0, http_client=http) as client,
        ):
            drive(client, http)
        relayed.recorded(len(tap.exchanges))
    trace = Trace("tap", tap.exchanges, "/v1", live=True)
    with closing(JournalJudge(relayed.journal, loaded, server.url, sole_client=True)) as following:
        list(following.read())
        following.judge()
        report = following.report()
    return {
        "tap": verdicts(decide(loaded, [record(trace, judge(trace, loaded), loaded)], Selection.of(()), audit=True)),
        "proxy": verdicts(report.results),
        **{name: audited(folder / name) for name in ("exchanges.jsonl", "x.har", "x.yaml")},
    }


@pytest.mark.parametrize("name", ["proxy", "exchanges.jsonl", "x.har", "x.yaml"])
def test_all_give_the_verdict_of_the_tap(seen: dict[str, Any], name: str) -> None:
    tap, other = seen["tap"], seen[name]
    assert {one: (told, other[one]) for one, told in tap.items() if told[0] != other[one][0]} == {}


@pytest.mark.parametrize("name", ["exchanges.jsonl", "x.har", "x.yaml"])
def test_what_the_proxy_wrote_shows_what_it_saw(seen: dict[str, Any], name: str) -> None:
    """Subjects and findings too; a client that leaves a stream has seen less of it than the proxy."""
    proxy, other = seen["proxy"], seen[name]
    assert {one: (told, other[one]) for one, told in proxy.items() if told != other[one]} == {}


def test_the_run_says_something(seen: dict[str, Any], request: pytest.FixtureRequest) -> None:
    told = [verdict for verdict, _, _ in seen["tap"].values()]
    assert told.count("pass") > 150
    assert (told.count("fail") >= 4) is ("broken" in request.node.callspec.id)
