"""Mistakes that no schema tells of: ids that name nothing, bodies that are no JSON, paths that are not there.

What the schemas leave open only the one who makes the request knows, so each mistake says how it is to be refused.
"""

import re
from dataclasses import dataclass, field, replace

from conformance.client.cleanup import address
from conformance.contract import Contract
from conformance.contract.openapi import Operation
from conformance.fuzz.boundary_requests import minimal_request
from conformance.fuzz.prerequisites import NO_MODEL, Prerequisites
from conformance.fuzz.requests import NOTHING, GeneratedRequest
from conformance.scenarios.kit.driver import Driver
from conformance.trace.exchange import Exchange

JSON = "application/json"
UNREADABLE = (b'{"model": ', b"[]", b"\xff\xfe")
LABELS = ("text/plain", "application/xml")
OTHER_KINDS = {"thread_id": "asst_000000000000000000000000"}
"""Ids of another kind than a parameter's; for all that are not here, one of a thread."""
A_THREAD = "thread_000000000000000000000000"
MODELS = frozenset({"createAssistant", "modifyAssistant", "createRun", "createThreadAndRun"})
"""Operations with a model in the body."""
RUNS = frozenset({"createRun", "createThreadAndRun"})
"""Operations with an assistant in the body."""
UNKNOWN_SUFFIX = "/whereabouts"
"""What no path has behind it."""
WRONG_KEY = {
    "bearer": {"Authorization": "Bearer sk-wrong-key-of-the-conformance-suite"},
    "api-key": {"api-key": "sk-wrong-key-of-the-conformance-suite"},
}
"""By how a target wants its key. An endpoint may let everybody in: only the refusal is judged, where one comes."""
_HEAD = re.compile(r"^[A-Za-z]+[-_]")


class Unknown:
    """In the place of an id: one like that of an existing object, which no object has."""


UNKNOWN = Unknown()


@dataclass(frozen=True, repr=False)
class Mistake:
    """A request that is right but for one mistake, the requirement that it be refused, and with which statuses.

    `ids` and `members` (of the body) replace the right ones. `method` is another method, `path_suffix` is appended to
    the path, `wrong_key` sends a wrong key. With `second`, the ids are a second mistake beside the one in the request:
    it is only made where the first one alone is refused with 400.
    """

    request: GeneratedRequest
    requirement: str | None = None
    statuses: tuple[int, ...] = (400,)
    ids: dict[str, str | Unknown] = field(default_factory=dict)
    members: dict[str, str | Unknown] = field(default_factory=dict)
    content: bytes | None = None
    label: str | None = None
    method: str | None = None
    path_suffix: str = ""
    wrong_key: bool = False
    second: bool = False

    def make(self, operation: Operation, api: Driver, prerequisites: Prerequisites) -> dict[str, str] | None:
        """Make the mistake; returns the path of the object that it was about, None where it was about none."""
        ids = prerequisites.path_of(operation)
        body = self.request.body
        if isinstance(body, dict):
            body = prerequisites.filled(body)
            told = {name: _other(body.get(name, ""), value) for name, value in self.members.items()}
            body = {**body, **told}
        content, headers = self.request.content(body)
        content = content if self.content is None else self.content
        headers = headers if self.label is None else {"Content-Type": self.label}
        headers = {**headers, **WRONG_KEY.get(api.target.profile.auth, {})} if self.wrong_key else headers

        def send(ids: dict[str, str]) -> Exchange:
            method, path = address(api.contract, operation.operation_id, ids)
            method, path = self.method or method, path + self.path_suffix
            exchange = api.request(method, path, query=self.request.query, content=content, headers=headers)
            if exchange.ok and method != "GET":
                prerequisites.changed(operation)
            elsewhere = self.method or self.path_suffix
            return exchange if elsewhere else api.register(operation.operation_id, exchange)

        if self.second and _status(send(ids)) != 400:
            return ids
        others = {name: _other(ids[name], value) for name, value in self.ids.items()}
        self._judge(api, send({**ids, **others}))
        return None if others else ids

    def _judge(self, api: Driver, exchange: Exchange) -> None:
        status = _status(exchange)
        if self.requirement is None or status is None or status in (401, 403, 429) or status >= 500:
            return  # somebody else's affair
        right = status in self.statuses
        wanted = f"status {' or '.join(map(str, self.statuses))}"
        expected = f"{wanted} for the first of two mistakes" if self.second else wanted
        api.expect(self.requirement, exchange, expected, None if right else f"status {status}")


def mistakes(operation: Operation, contract: Contract, wrong: GeneratedRequest | None) -> list[Mistake]:
    """The mistakes that can be made with one operation; those beside its path only with the first that has the path.

    `wrong` is a request that the schema rejects, to be made about an object that does not exist.
    """
    right = minimal_request(operation)
    names = [one.name for one in operation.parameters if one.location == "path" and one.name != "model"]
    found = []
    for name in names:
        found.append(Mistake(right, "ERROR-UNKNOWN-01", (404,), ids={name: UNKNOWN}))
        others = (OTHER_KINDS.get(name, A_THREAD), "x")
        found += [Mistake(right, "ERROR-PREFIX-01", (400, 404), ids={name: other}) for other in others]
    if operation.operation_id in RUNS:
        found.append(Mistake(right, "ERROR-UNKNOWN-02", (404,), members={"assistant_id": UNKNOWN}))
        found.append(Mistake(right, "ERROR-PREFIX-02", (400, 404), members={"assistant_id": A_THREAD}))
    if operation.operation_id in MODELS:
        found.append(Mistake(right, "ERROR-UNKNOWN-03", (400, 404), members={"model": NO_MODEL}))
    if operation.request is not None and operation.request.media_type == JSON:
        bodied = replace(right, body={}) if right.body is NOTHING else right
        found += [Mistake(bodied, content=content) for content in UNREADABLE]
        found += [Mistake(bodied, label=label) for label in LABELS]
        if names and wrong is not None:
            found.append(Mistake(wrong, "ERROR-FIRST-01", ids={names[0]: UNKNOWN}, second=True))
    first = next(one for one in contract.operations if one.path == operation.path)
    if first.operation_id == operation.operation_id:
        methods = {one.method for one in contract.operations if one.path == operation.path}
        found += [
            Mistake(right, "ERROR-METHOD-01", (404, 405), method=method)
            for method in ("PUT", "PATCH")
            if method not in methods
        ]
        found.append(Mistake(right, wrong_key=True))
        elsewhere = operation.path + UNKNOWN_SUFFIX
        # That may be the path of an object, by another method; and names of models may have slashes in them (FakeAI).
        taken = any(contract.operations.match(method, elsewhere, "") for method in ("GET", "POST", "DELETE"))
        if not taken and not operation.path.endswith("{model}"):
            found.append(Mistake(right, "ERROR-PATH-01", (404,), path_suffix=UNKNOWN_SUFFIX))
    return found


def unknown(id: str) -> str:
    """An id like another, with nothing but zeros behind its head: `asst_000` for `asst_abc`."""
    head = match[0] if (match := _HEAD.match(id)) else ""
    return head + re.sub(r"[0-9A-Za-z]", "0", id.removeprefix(head))


def _other(id: str, value: str | Unknown) -> str:
    return unknown(id) if isinstance(value, Unknown) else value


def _status(exchange: Exchange) -> int | None:
    return exchange.response.status if exchange.response is not None else None
