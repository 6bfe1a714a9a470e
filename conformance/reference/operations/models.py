"""Models: fixed, and only there so that a client finds the one it asks for."""

from conformance.reference import errors
from conformance.reference.endpoint import Endpoint
from conformance.reference.objects import Json
from conformance.reference.operation import Answer, Call, Operation

_RELEASED = 1_715_367_049


def operations(endpoint: Endpoint) -> list[Operation]:
    """The operations on models."""
    known = endpoint.settings.models

    def list_models(call: Call) -> Answer:
        return {"object": "list", "data": [_model(name) for name in known]}

    def retrieve(call: Call) -> Answer:
        name = call.path["model"]
        if name not in known:
            raise errors.unknown_model(name)
        return _model(name)

    def delete(call: Call) -> Answer:
        retrieve(call)
        raise errors.model_not_deletable()

    return [
        Operation("GET", "/models", list_models, beta=False),
        Operation("GET", "/models/{model}", retrieve, beta=False),
        Operation("DELETE", "/models/{model}", delete, beta=False),
    ]


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": _RELEASED, "owned_by": "system"}
