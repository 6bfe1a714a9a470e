"""What the driver does beside the API: it lets runs expire where that is offered, and cleans up after itself."""

from dataclasses import replace

import httpx
import pytest

from conformance import contract
from conformance.client.endpoint import NETWORK
from conformance.client.target import Target, load_profile
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from conformance.scenarios.kit.driver import MAX_POLL_SECONDS, Driver, Inconclusive, NotOffered
from conformance.scenarios.kit.fixtures import place, waiting_run
from tests.servers import always, serving


def _driver(server: ReferenceServer, profile: str = "reference") -> Driver:
    return Driver(Target(server.url, load_profile(profile)), contract.load())


def test_a_run_expires_outside_the_trace() -> None:
    with ReferenceServer(Settings(control=True)) as server:
        api = _driver(server)
        run = waiting_run(api)
        api.let_expire(run)
        assert api.wait(run)["status"] == "expired"
        assert not any("_reference" in exchange.request.path for exchange in api.trace("x").exchanges)
        api.close()


def test_an_endpoint_without_the_control_is_told_apart() -> None:
    with ReferenceServer(Settings()) as server:
        api = _driver(server)
        run = waiting_run(api)
        with pytest.raises(NotOffered, match="without the control"):
            api.let_expire(run)
        assert api.call("getRun", **place(run))["status"] == "requires_action"
        api.close()


def test_no_other_endpoint_is_asked() -> None:
    with ReferenceServer(Settings(control=True)) as server:
        api = _driver(server, "generic")
        run = waiting_run(api)
        with pytest.raises(NotOffered, match="ten minutes"):
            api.let_expire(run)
        assert api.call("getRun", **place(run))["status"] == "requires_action"
        api.close()


def test_what_is_accepted_against_all_hope_is_cleaned_up_too() -> None:
    with ReferenceServer(Settings()) as server:
        api = _driver(server)
        made = [api.send("createAssistant", {"model": api.model}), api.send("createThread", {})]
        api.close()
        for exchange in made:
            assert exchange.response is not None
            path = exchange.request.path.removeprefix("/v1") + "/" + exchange.response.json["id"]
            left = httpx.get(server.url + path, headers={"Authorization": "Bearer x", "OpenAI-Beta": "assistants=v2"})
            assert left.status_code == 404


def test_a_run_that_does_not_say_its_thread_ends_the_scenario_quietly() -> None:
    run = b'{"id": "run_1", "object": "thread.run", "status": "queued"}'
    with serving(always(body=run)) as url:
        api = Driver(Target(url, load_profile("generic")), contract.load())
        with pytest.raises(Inconclusive, match="createRun answered 200 without a thread_id"):
            api.call("createRun", {"assistant_id": "asst_1"}, thread_id="thread_1")
        api.close()


def test_looks_at_a_run_grow_apart() -> None:
    """A run that takes long is not asked for four times a second."""
    paused: list[float] = []
    connection = replace(NETWORK, sleep=paused.append)
    run = b'{"id": "run_1", "object": "thread.run", "status": "queued", "thread_id": "thread_1"}'
    with serving(always(body=run)) as url:
        api = Driver(Target(url, load_profile("generic"), timeout=2), contract.load(), connection=connection)
        with pytest.raises(Inconclusive, match=r"still queued after 2 s"):
            api.wait({"id": "run_1", "thread_id": "thread_1"})
        api.close()
    assert paused[:3] == [0.25, 0.375, 0.5625]
    assert max(paused) == MAX_POLL_SECONDS
