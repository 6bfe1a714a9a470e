"""The reference endpoint in simulated time: each scenario drives an endpoint of its own.

What is recorded so depends on the scenario and the endpoint alone: recorded again, a cassette has the same bytes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from starlette.applications import Starlette

from conformance.client.endpoint import Connection
from conformance.client.tap import Tap
from conformance.client.target import Target
from conformance.contract import Contract
from conformance.reference.settings import Settings
from conformance.reference.simulation import SimulatedEndpoint
from conformance.scenarios.kit.driver import Driver
from conformance.trace.exchange import header_date

URL = "http://reference.invalid/v1"
"""Where the recorded requests say the endpoint is."""


@contextmanager
def simulated(
    target: Target, contract: Contract, prepare: Callable[[Starlette], None] = lambda app: None
) -> Iterator[Driver]:
    """What drives a scenario against a fresh simulated endpoint; `prepare` may change its application first."""
    endpoint = SimulatedEndpoint(Settings(api_key=target.key, counted_ids=True, control=True))
    prepare(endpoint.app)
    connection = Connection(endpoint.transport, endpoint.now, endpoint.sleep, concurrent=False, lasting=False)
    tap = Tap(dated=header_date, clock=connection.clock)
    try:
        yield Driver(replace(target, url=URL), contract, tap=tap, connection=connection)
    finally:
        endpoint.close()
