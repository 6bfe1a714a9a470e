"""Endpoints to fuzz: the reference, as it is or with faults planted in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from conformance.client.target import Target, resolve
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
