"""Made-up routes, asked before the first scenario: how a target says that an operation is not there."""

from conformance.client.endpoint import Endpoint
from conformance.client.tap import Tap
from conformance.client.target import Target
from conformance.contract import Contract
from conformance.trace.presence import NoRoute

MADE_UP = (
    ("GET", "/almanacs"),
    ("GET", "/weathervanes"),
    ("POST", "/threads/thread_abc/almanacs"),
    ("DELETE", "/assistants/asst_abc/almanacs/alm_abc"),
)
"""The first two differ in their name only, so that what differs in their answers says nothing."""


def learn_no_route(target: Target, contract: Contract) -> NoRoute:
    """Ask for routes that nobody has; one that is not answered is followed by no other."""
    tap = Tap()
    endpoint = Endpoint(target, tap)
    try:
        for method, path in MADE_UP:
            if endpoint.send(method, path, {} if method == "POST" else None).response is None:
                break
    finally:
        endpoint.close()
    return NoRoute(contract, tap.exchanges)
