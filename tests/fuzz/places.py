"""Endpoints to fuzz: the reference, as it is or with faults planted in it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from conformance import contract
from conformance.client.target import Target, resolve
from conformance.fuzz.operation_search import OperationSearches, SearchPlan
from conformance.fuzz.search import Search
from conformance.proof.faults import named
from conformance.proof.faults.hooks import plant
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings


@contextmanager
def faulty(*faults: str) -> Iterator[str]:
    """The URL of the reference with faults planted in it."""
    server = ReferenceServer(Settings(seed=1))
    plant(server.app, named(faults))
    with server:
        yield server.url


def target(url: str) -> Target:
    """The endpoint at a URL, spoken to as the reference is."""
    return resolve(url, profile="reference")


def searches(url: str, *only: str, seed: int = 0, examples: int = 40, seconds: float = 600) -> list[Search]:
    """What requests for some operations bring, a first round and then deeper."""
    made = OperationSearches(SearchPlan(target(url), seed, examples, only), contract.load())
    end = time.monotonic() + seconds
    found = {search.name: search for search in made.first_round(end, lambda _: None)}
    for _ in made.go_deeper(end, lambda _: None):
        pass
    return list(found.values())
