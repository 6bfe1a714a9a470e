"""Which operations a trace's exchanges were for, as far as the judging of objects needs it."""

from __future__ import annotations

from conformance.contract import Contract
from conformance.contract.openapi import Operation, Route
from conformance.contract.schemas import SchemaViolation
from conformance.trace.exchange import Exchange
from conformance.trace.trace import Trace

CREATING_RUNS = frozenset({"createRun", "createThreadAndRun"})
SUBMITTING, CANCELLING = "submitToolOuputsToRun", "cancelRun"


def route(exchange: Exchange, trace: Trace, contract: Contract) -> Route | None:
    """The operation of an exchange with its path parameters; None where it is for none."""
    return contract.operations.match(exchange.request.method, exchange.request.path, trace.base_path)


def operation(exchange: Exchange, trace: Trace, contract: Contract) -> str | None:
    """The id of an exchange's operation; None where it is for none."""
    found = route(exchange, trace, contract)
    return found.operation.operation_id if found else None


def run_creations(trace: Trace, contract: Contract) -> frozenset[int]:
    """The numbers of the exchanges that created runs."""
    return frozenset(e.number for e in trace.answered if e.ok and operation(e, trace, contract) in CREATING_RUNS)


def requests_to_runs(operation_id: str, trace: Trace, contract: Contract) -> dict[str, list[Exchange]]:
    """By run id, the exchanges that called this operation on the run and were not refused.

    One that got no answer counts: nobody knows whether it arrived.
    """
    found: dict[str, list[Exchange]] = {}
    for exchange in trace.exchanges:
        if exchange.response is not None and 400 <= exchange.response.status < 500:
            continue
        where = route(exchange, trace, contract)
        if where is not None and where.operation.operation_id == operation_id:
            found.setdefault(where.path_params.get("run_id", ""), []).append(exchange)
    return found


def malformed(exchange: Exchange, operation: Operation, contract: Contract) -> list[SchemaViolation]:
    """How the JSON body of a request breaks the contract; empty where it does not, or is no JSON for this operation."""
    body, sent = operation.request, exchange.request.json
    if body is None or body.name is None or body.media_type != "application/json" or sent is None:
        return []
    return contract.schemas.validate(body.name, sent, exchange.date.date() if exchange.date else None)
