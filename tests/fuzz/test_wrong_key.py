"""A wrong key that is sent on purpose: how it is refused is held against nothing but the rules about keys."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any

from conformance import contract
from conformance.client.target import resolve
from conformance.contract.openapi import Operation
from conformance.fuzz.mistakes import Mistake, mistakes
from conformance.fuzz.prerequisites import Prerequisites
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from conformance.scenarios.kit.driver import Driver
from conformance.session.attempt import ScenarioRecord, attempt
from conformance.trace.trace import Trace
from tests.limits import HANG

Message = MutableMapping[str, Any]
ABOUT_KEYS = {"ERROR-KNOWN-01"}
OF_ITS_OWN = {"LIMIT-PLAIN-01"}
"""A warning about every valid request that is refused with 400, since only words could tell that it is for a key."""


class Lenient:
    """Answers 400 where the endpoint behind it answers 401."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Any) -> None:
        async def told(message: Message) -> None:
            await send({**message, "status": 400} if message.get("status") == 401 else message)

        await self.app(scope, receive, told)


def _made(mistake: Mistake, operation: Operation, driver: Driver) -> tuple[ScenarioRecord, Trace]:
    def drive(api: Driver) -> None:
        mistake.make(operation, api, Prerequisites(api))

    return attempt("mistake", drive, driver, driver.contract)


def test_a_wrong_key_refused_with_400_breaks_no_rule_about_anything_else() -> None:
    loaded = contract.load()
    reference = resolve("reference", timeout=HANG)
    server = ReferenceServer(Settings(api_key=reference.key, seed=0, control=True))
    server.app.add_middleware(Lenient)
    tried = 0
    with server:
        target = replace(reference, url=server.url)
        for operation in loaded.operations:
            for mistake in mistakes(operation, loaded, None):
                if mistake.wrong_key:
                    made, trace = _made(mistake, operation, Driver(target, loaded))
                    answers = [exchange.response for exchange in trace.exchanges if exchange.response]
                    assert [answer.status for answer in answers].count(400) == 1
                    assert set(made.found) - OF_ITS_OWN <= ABOUT_KEYS, operation.operation_id
                    tried += 1
    assert tried > 20
