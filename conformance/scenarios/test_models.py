"""Models, as far as an assistant needs them."""

from __future__ import annotations

from conformance.scenarios.kit.driver import Driver


def test_known(api: Driver) -> None:
    """The list of models, and the one that the scenarios ask for."""
    api.call("listModels")
    api.call("retrieveModel", model=api.model)


def test_unknown(api: Driver) -> None:
    """A model that nobody has."""
    api.send("retrieveModel", model="no-such-model-0000")
