"""Fixtures on endpoints that cannot be forced: they go on with the next best way, and with the profile's prompts."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from conformance.client.target import Profile, Target
from conformance.scenarios.kit.driver import Inconclusive, NotOffered
from conformance.scenarios.kit.fixtures import FORCE_WEATHER, failing_run, standing_run, waiting_run
from conformance.trace.exchange import Exchange, Headers, Request, Response


@dataclass
class Refusing:
    """Stands for a driver of an endpoint that takes a run only where its body is like that."""

    takes: Any
    target: Target
    model: str = "m"
    bodies: list[dict[str, Any]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def call(self, operation: str, body: Any, **_: Any) -> dict[str, Any]:
        self.messages += [row["content"] for row in body.get("messages", ())]
        return {"id": operation, "thread_id": "thread_1", "status": "queued"}

    def send(self, _: str, body: dict[str, Any], **__: Any) -> Exchange:
        self.bodies.append(body)
        status = 200 if self.takes(body) else 422
        return Exchange(1, Request("POST", "http://x/v1", Headers(()), b""), Response(status))

    def object_of(self, exchange: Exchange, _: str) -> dict[str, Any]:
        if not exchange.ok:
            raise Inconclusive("refused")
        return {}

    def wait(self, run: dict[str, Any], **_: Any) -> dict[str, Any]:
        return run

    def needs(self, capability: str, purpose: str) -> None:
        if capability not in self.target.profile.capabilities:
            raise NotOffered(purpose)


def driver(takes: Any = bool, **prompts: str) -> Any:
    return Refusing(takes, Target("http://x/v1", Profile("generic", prompts=prompts)))


@pytest.mark.parametrize(
    ("takes", "choices"),
    [
        (lambda body: True, [FORCE_WEATHER]),
        (lambda body: body.get("tool_choice") in (None, "required"), [FORCE_WEATHER, "required"]),
        (lambda body: "tool_choice" not in body, [FORCE_WEATHER, "required", None]),
    ],
)
def test_a_call_is_asked_for_in_the_strongest_way_that_is_taken(takes: Any, choices: list[Any]) -> None:
    api = driver(takes, tool="The weather in Oslo?")
    waiting_run(api)
    assert [body.get("tool_choice") for body in api.bodies] == choices
    assert set(api.messages) == {"The weather in Oslo?"}


def test_where_none_is_taken_the_scenario_ends() -> None:
    with pytest.raises(Inconclusive):
        waiting_run(driver(lambda body: False))


def test_a_prompt_stands_in_for_a_script() -> None:
    api = driver(fail="Fail, please.", slow="Count to a million.")
    failing_run(api, "fail")
    standing_run(api, "in_progress")
    assert api.messages == ["Fail, please.", "Count to a million."]
    for without in (lambda: failing_run(driver(), "fail"), lambda: standing_run(api, "queued")):
        with pytest.raises(NotOffered):
            without()
