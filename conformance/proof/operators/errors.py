"""Operators on refusals: the envelope, the status, and what param and code say."""

from __future__ import annotations

from random import Random

from conformance.proof.operators.mutation import Mutation, operator, pick
from conformance.proof.operators.trace_view import TraceView, answered, body
from conformance.proof.operators.unseen import DRIVEN, FIRST, refusal_taken_back, unsourced


@operator("ERROR-ENVELOPE-*")
def bare_error(view: TraceView, chance: Random) -> Mutation:
    """An error comes without its envelope."""
    one = pick(chance, view.refusals)
    return Mutation(answered(view.trace, one, value=body(one)["error"]), f"no error envelope (exchange {one.number})")


@operator("ERROR-ENVELOPE-*", "ERROR-TYPE-*", "ERROR-KNOWN-*", "ERROR-MISSING-01", "ERROR-*", "LIMIT-*", "HDR-*")
def lacking_error(view: TraceView, chance: Random) -> Mutation:
    """An error lacks its message, type, param or code."""
    one = pick(chance, view.refusals)
    name = chance.choice([name for name in ("message", "type", "param", "code") if name in body(one)["error"]])
    kept = {key: value for key, value in body(one)["error"].items() if key != name}
    return Mutation(answered(view.trace, one, value={"error": kept}), f"error without {name} (exchange {one.number})")


@operator("ERROR-TYPE-*")
def other_error_type(view: TraceView, chance: Random) -> Mutation:
    """A refusal is of the type of a server's failure."""
    one = pick(chance, view.refusals)
    changed = answered(view.trace, one, value={"error": {**body(one)["error"], "type": "server_error"}})
    return Mutation(changed, f"type server_error (exchange {one.number})")


@operator("ERROR-KNOWN-*", "ERROR-MISSING-01", "ERROR-CODE-*", "ERROR-*", "LIMIT-*", "HDR-*")
def other_code(view: TraceView, chance: Random) -> Mutation:
    """A refusal has another code."""
    one = pick(chance, view.refusals)
    code = "rate_limit_exceeded" if body(one)["error"].get("code") != "rate_limit_exceeded" else None
    changed = answered(view.trace, one, value={"error": {**body(one)["error"], "code": code}})
    return Mutation(changed, f"code {code} (exchange {one.number})", unseen=unsourced(view, one, "code"))


@operator("ERROR-PARAM-01", "ERROR-KNOWN-*", "ERROR-*", "LIMIT-*", "HDR-*")
def other_param(view: TraceView, chance: Random) -> Mutation:
    """A refusal for one parameter names another."""
    found = [one for one in view.refusals if isinstance(body(one)["error"].get("param"), str)]
    one = pick(chance, found)
    changed = answered(view.trace, one, value={"error": {**body(one)["error"], "param": "nobody_sent_this"}})
    done = f"param nobody_sent_this (exchange {one.number})"
    return Mutation(changed, done, unseen=unsourced(view, one, "param"))


@operator(
    "ERROR-*", "LIMIT-*", "LOCK-*", "CANCEL-*", "DELETION-*", "HDR-*", "TOOL-*", "BATCH-*", "VSF-*", "FILE-*", "VS-*"
)
def other_refusal(view: TraceView, chance: Random) -> Mutation:
    """A refusal has another status of refusal."""
    one = pick(chance, view.refusals)
    status = chance.choice(
        [status for status in (403, 404, 409, 422, 500) if one.response and status != one.response.status]
    )
    driven = refusal_taken_back(view, one) == DRIVEN
    reason = DRIVEN if driven else FIRST if status in (403, 404, 409) else None
    return Mutation(answered(view.trace, one, status=status), f"status {status} (exchange {one.number})", None, reason)


@operator("SCHEMA-*", "OBJECT-*", "LIMIT-*", "ERROR-*", "STREAM-*")
def error_as_success(view: TraceView, chance: Random) -> Mutation:
    """An error comes with status 200."""
    one = pick(chance, view.refusals)
    done = f"an error with status 200 (exchange {one.number})"
    return Mutation(answered(view.trace, one, status=200), done, unseen=refusal_taken_back(view, one))
