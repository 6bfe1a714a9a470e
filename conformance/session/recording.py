"""Recording the reference endpoint: each scenario drives an endpoint of its own, in simulated time.

What is recorded so depends on the scenario and the endpoint alone: recorded again, a cassette has the same bytes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from conformance.client.endpoint import Connection
from conformance.client.target import Target
from conformance.reference.settings import Settings
from conformance.reference.simulation import SimulatedEndpoint

URL = "http://reference.invalid/v1"
"""Where the recorded requests say the endpoint is."""


@contextmanager
def simulated(target: Target) -> Iterator[tuple[Target, Connection]]:
    """A fresh simulated endpoint, and the connection to it."""
    endpoint = SimulatedEndpoint(Settings(api_key=target.key, counted_ids=True, control=True))
    try:
        yield (
            replace(target, url=URL),
            Connection(endpoint.transport, endpoint.now, endpoint.sleep, concurrent=False, lasting=False),
        )
    finally:
        endpoint.close()
