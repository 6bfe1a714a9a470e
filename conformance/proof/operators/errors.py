"""Operators on refusals: the envelope, the status, and what param and code say."""

from random import Random

from conformance.proof.operators.mutation import Mutation, operator, pick
from conformance.proof.operators.trace_view import TraceView, answered, body
from conformance.proof.operators.unseen import DRIVEN, FIRST, refusal_taken_back, unsourced


@operator("ERROR-ENVELOPE-*")
def bare_error(view: TraceView, chance: Random) -> Mutation:
    """An error comes without its envelope."""
    call = pick(chance, view.refusals)
    return Mutation(
        answered(view.trace, call, value=body(call)["error"]), f"no error envelope (exchange {call.number})"
    )


@operator("ERROR-ENVELOPE-*", "ERROR-TYPE-*", "ERROR-KNOWN-*", "ERROR-MISSING-01", "ERROR-*", "LIMIT-*", "HDR-*")
def lacking_error(view: TraceView, chance: Random) -> Mutation:
    """An error lacks its message, type, param or code."""
    call = pick(chance, view.refusals)
    name = chance.choice([name for name in ("message", "type", "param", "code") if name in body(call)["error"]])
    kept = {key: value for key, value in body(call)["error"].items() if key != name}
    return Mutation(answered(view.trace, call, value={"error": kept}), f"error without {name} (exchange {call.number})")


@operator("ERROR-TYPE-*")
def other_error_type(view: TraceView, chance: Random) -> Mutation:
    """A refusal is of the type of a server's failure."""
    call = pick(chance, view.refusals)
    changed = answered(view.trace, call, value={"error": {**body(call)["error"], "type": "server_error"}})
    return Mutation(changed, f"type server_error (exchange {call.number})")


@operator("ERROR-KNOWN-*", "ERROR-MISSING-01", "ERROR-CODE-*", "ERROR-*", "LIMIT-*", "HDR-*")
def other_code(view: TraceView, chance: Random) -> Mutation:
    """A refusal has another code."""
    call = pick(chance, view.refusals)
    code = "rate_limit_exceeded" if body(call)["error"].get("code") != "rate_limit_exceeded" else None
    changed = answered(view.trace, call, value={"error": {**body(call)["error"], "code": code}})
    return Mutation(changed, f"code {code} (exchange {call.number})", unseen=unsourced(view, call, "code"))


@operator("ERROR-PARAM-01", "ERROR-KNOWN-*", "ERROR-*", "LIMIT-*", "HDR-*")
def other_param(view: TraceView, chance: Random) -> Mutation:
    """A refusal for one parameter names another."""
    found = [call for call in view.refusals if isinstance(body(call)["error"].get("param"), str)]
    call = pick(chance, found)
    changed = answered(view.trace, call, value={"error": {**body(call)["error"], "param": "nobody_sent_this"}})
    done = f"param nobody_sent_this (exchange {call.number})"
    return Mutation(changed, done, unseen=unsourced(view, call, "param"))


@operator(
    "ERROR-*", "LIMIT-*", "LOCK-*", "CANCEL-*", "DELETION-*", "HDR-*", "TOOL-*", "BATCH-*", "VSF-*", "FILE-*", "VS-*"
)
def other_refusal(view: TraceView, chance: Random) -> Mutation:
    """A refusal has another status of refusal."""
    call = pick(chance, view.refusals)
    status = chance.choice(
        [status for status in (403, 404, 409, 422, 500) if call.response and status != call.response.status]
    )
    driven = refusal_taken_back(view, call) == DRIVEN
    reason = DRIVEN if driven else FIRST if status in (403, 404, 409) else None
    return Mutation(
        answered(view.trace, call, status=status), f"status {status} (exchange {call.number})", None, reason
    )


@operator("SCHEMA-*", "OBJECT-*", "LIMIT-*", "ERROR-*", "STREAM-*")
def error_as_success(view: TraceView, chance: Random) -> Mutation:
    """An error comes with status 200."""
    call = pick(chance, view.refusals)
    done = f"an error with status 200 (exchange {call.number})"
    return Mutation(answered(view.trace, call, status=200), done, unseen=refusal_taken_back(view, call))
