"""The objects that generated requests need, made before them."""

from collections.abc import Callable
from typing import Any

from conformance.contract.openapi import Operation, mapping
from conformance.scenarios.kit import fixtures
from conformance.scenarios.kit.driver import Driver, Stop
from conformance.scenarios.kit.multipart import upload
from conformance.trace.json import Json

TEXT = b"The quick brown fox jumps over the lazy dog. Conformance is a property of answers."

NO_MODEL = "no-such-model-0000"


class Prerequisites:
    """Objects of one driver, made when they are asked for, and kept until a request has changed something."""

    def __init__(self, api: Driver) -> None:
        self.api = api
        self._made: dict[str, dict[str, Any]] = {}
        self._parts: dict[str, set[str]] = {}
        """Of what kinds each object was made."""
        self._making: list[str] = []

    def changed(self, operation: Operation) -> None:
        """After a request that changed something: what it was about, and what is made of that, is made anew."""
        gone = {parameter.name for parameter in operation.parameters if parameter.location == "path"}
        gone |= {"waiting", "tool_call_id"} if "run_id" in gone else set()
        self._made = {kind: made for kind, made in self._made.items() if not gone & {kind, *self._parts[kind]}}

    def id_of(self, parameter: str) -> str | None:
        """The id of an existing object for a parameter (`thread_id` …); None for a parameter that names none.

        Raises what the driver raises where the endpoint does not have it, or does not get there.
        """
        make = MAKERS.get(parameter)
        if make is None:
            return None
        if parameter == "tool_call_id":
            return next((call["id"] for call in fixtures.calls(self.make("waiting"))), None)
        name = self.make(parameter).get("id")
        return name if isinstance(name, str) else None

    def make(self, kind: str) -> dict[str, Any]:
        """The object of a kind, made at the first call."""
        if kind not in self._made:
            self._parts[kind] = set()
            self._making.append(kind)
            try:
                self._made[kind] = MAKERS[kind](self)
            finally:
                self._making.pop()
        for outer in self._making:
            self._parts[outer] |= {kind, *self._parts[kind]}
        return self._made[kind]

    def path_of(self, operation: Operation) -> dict[str, str]:
        """Ids for all path parameters of an operation, of objects that belong together."""
        names = [parameter.name for parameter in operation.parameters if parameter.location == "path"]
        if operation.operation_id in WAITING:
            run = self.make("waiting")
            return {"thread_id": run["thread_id"], "run_id": run["id"]}
        if "file_id" in names and "vector_store_id" in names:
            self.make("store_file_id")
        if operation.operation_id == "deleteModel":  # what is not ours is never deleted
            return {"model": NO_MODEL}
        return {name: self.id_of(name) or "unknown" for name in names}

    def filled(self, body: Json) -> Json:
        """A body with the ids in it replaced by ids of objects that exist, wherever a text stands for one."""
        match body:
            case dict():
                return {key: self._filled_member(key, value) for key, value in body.items()}
            case list():
                return [self.filled(item) for item in body]
            case _:
                return body

    def _filled_member(self, key: str, value: Json) -> Json:
        single, several = BODY_IDS.get(key), BODY_LISTS.get(key)
        if single and isinstance(value, str):
            return self._real(single, value)
        if several and isinstance(value, list) and value and isinstance(value[0], str):
            return [self._real(several, value[0]), *value[1:]]
        return self.filled(value)

    def _real(self, parameter: str, made_up: str) -> str:
        """The id of an existing object, or the one made up where the endpoint has no such objects."""
        try:
            return self.id_of(parameter) or made_up
        except Stop:
            return made_up


def absent_path(operation: Operation) -> dict[str, str]:
    """Well-formed ids for all path parameters of an operation, which no object has."""
    path = [one for one in operation.parameters if one.location == "path"]
    heads = {one.name: mapping(one.schema).get("pattern", one.name).strip("^_") for one in path}
    return {name: f"{head}_{'0' * 24}" for name, head in heads.items()}


WAITING = frozenset({"submitToolOuputsToRun", "cancelRun"})
"""Operations on a run that waits."""
BODY_IDS = {"model": "model", "assistant_id": "assistant_id", "file_id": "file_id", "tool_call_id": "tool_call_id"}
BODY_LISTS = {"file_ids": "file_id", "vector_store_ids": "vector_store_id"}


def _created(needed: Prerequisites, operation: str, body: Any = None, **path: str) -> dict[str, Any]:
    """What an operation creates; the path parameters name the kinds of objects to take the ids of."""
    ids = {name: needed.make(kind)["id"] for name, kind in path.items()}
    return dict(needed.api.call(operation, body, **ids))


def _id(needed: Prerequisites, kind: str) -> str:
    return str(needed.make(kind)["id"])


def _run(needed: Prerequisites) -> dict[str, Any]:
    body = {"assistant_id": _id(needed, "assistant_id")}
    return needed.api.wait(_created(needed, "createRun", body, thread_id="thread_id"))


def _step(needed: Prerequisites) -> dict[str, Any]:
    run = needed.make("run_id")
    return next(iter(needed.api.page("listRunSteps", thread_id=run["thread_id"], run_id=run["id"])), {})


def _store_file(needed: Prerequisites) -> dict[str, Any]:
    body = {"file_id": _id(needed, "file_id")}
    return _created(needed, "createVectorStoreFile", body, vector_store_id="vector_store_id")


def _batch(needed: Prerequisites) -> dict[str, Any]:
    body = {"file_ids": [_id(needed, "file_id")]}
    return _created(needed, "createVectorStoreFileBatch", body, vector_store_id="vector_store_id")


MAKERS: dict[str, Callable[[Prerequisites], dict[str, Any]]] = {
    "assistant_id": lambda needed: fixtures.assistant(needed.api),
    "thread_id": lambda needed: fixtures.thread(needed.api),
    "message_id": lambda needed: _created(needed, "createMessage", fixtures.user(), thread_id="thread_id"),
    "run_id": _run,
    "step_id": _step,
    "waiting": lambda needed: fixtures.waiting_run(needed.api),
    "tool_call_id": lambda needed: needed.make("waiting"),
    "file_id": lambda needed: _created(needed, "createFile", upload("conformance.txt", TEXT)),
    "vector_store_id": lambda needed: _created(needed, "createVectorStore", {"name": "conformance"}),
    "store_file_id": _store_file,
    "batch_id": _batch,
    "model": lambda needed: {"id": needed.api.model},
}
