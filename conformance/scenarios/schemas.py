"""Objects that nothing else in the API refers to: models."""

from conformance.scenarios.kit.driver import Driver


def test_model(api: Driver) -> None:
    """The list of models, and the one that the scenarios ask for."""
    api.call("listModels")
    api.call("retrieveModel", model=api.model)
