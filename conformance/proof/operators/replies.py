"""Operators on whole answers: status, headers, bodies that are cut, acceptances and refusals that should not be."""

from random import Random

from conformance.proof.operators.mutation import Mutation, operator, pick
from conformance.proof.operators.trace_view import TraceView, answered, body
from conformance.proof.operators.unseen import refusal_taken_back
from conformance.trace.exchange import Headers

ANY = ("SCHEMA-*", "ERROR-*", "LIMIT-*", "OBJECT-*")


@operator("SCHEMA-STATUS-01", *ANY)
def other_success(view: TraceView, chance: Random) -> Mutation:
    """A successful answer has another status of success."""
    call = pick(chance, view.replies)
    status = chance.choice((201, 202, 203, 206))
    return Mutation(answered(view.trace, call, status=status), f"200 became {status} (exchange {call.number})")


@operator("ERROR-*")
def success_as_error(view: TraceView, chance: Random) -> Mutation:
    """An answer has the body of a success and the status of an error."""
    call = pick(chance, view.replies)
    status = chance.choice((400, 404, 500, 503))
    return Mutation(answered(view.trace, call, status=status), f"200 became {status} (exchange {call.number})")


@operator("SCHEMA-JSON-01", *ANY)
def cut_body(view: TraceView, chance: Random) -> Mutation:
    """The JSON of a successful answer breaks off."""
    call = pick(chance, view.replies)
    content = call.response.body.rstrip() if call.response else b""
    cut = content[: chance.randrange(1, len(content))]
    return Mutation(answered(view.trace, call, raw=cut), f"body cut to {len(cut)} bytes (exchange {call.number})")


@operator("SCHEMA-JSON-01", *ANY)
def wrapped_body(view: TraceView, chance: Random) -> Mutation:
    """The object of a successful answer comes in an array."""
    call = pick(chance, view.replies)
    return Mutation(answered(view.trace, call, value=[body(call)]), f"body in an array (exchange {call.number})")


@operator("SCHEMA-TYPE-01", "ERROR-MEDIA-01")
def other_media_type(view: TraceView, chance: Random) -> Mutation:
    """An answer of JSON is labelled as plain text."""
    found = [*view.replies, *view.refusals]
    call = pick(chance, found)
    kept = [pair for pair in (call.response.headers if call.response else ()) if pair[0].lower() != "content-type"]
    headers = Headers([*kept, ("content-type", "text/plain")])
    return Mutation(answered(view.trace, call, headers=headers), f"JSON labelled text/plain (exchange {call.number})")


@operator("ERROR-ID-01")
def no_request_id(view: TraceView, chance: Random) -> Mutation:
    """An answer comes without x-request-id."""
    found = [
        call
        for call in (*view.replies, *view.refusals, *view.streams)
        if call.response and call.response.headers.get("x-request-id")
    ]
    call = pick(chance, found)
    fields = call.response.headers if call.response else ()
    headers = Headers([pair for pair in fields if pair[0].lower() != "x-request-id"])
    return Mutation(answered(view.trace, call, headers=headers), f"no x-request-id (exchange {call.number})")


@operator("LIMIT-*", "CANCEL-*", "LOCK-*", "TOOL-*", "BATCH-*", "DELETION-*", "IDENTITY-*", "HDR-*", "ERROR-*")
def refused(view: TraceView, chance: Random) -> Mutation:
    """A request that keeps all bounds is refused as malformed."""
    sent = [
        call
        for call in view.replies
        if isinstance(call.request.json, dict) and call.request.json and view.is_sound(call)
    ]
    call = pick(chance, sent)
    name = chance.choice(sorted(call.request.json))
    refusal = {
        "error": {
            "message": f"Invalid type for '{name}'.",
            "type": "invalid_request_error",
            "param": name,
            "code": "invalid_type",
        }
    }
    return Mutation(answered(view.trace, call, value=refusal, status=400), f"refused with 400 (exchange {call.number})")


@operator(
    "LIMIT-*", "LOCK-*", "CANCEL-*", "TOOL-*", "ERROR-*", "DELETION-*", "HDR-*", "IDENTITY-*", "OBJECT-*", "LIST-*"
)
def accepted(view: TraceView, chance: Random) -> Mutation:
    """A request that was refused is answered as a sound request of the same kind was."""
    pairs = [
        (refusal, reply)
        for refusal in view.refusals
        for reply in view.replies
        if view.operation(refusal) is not None
        and view.operation(refusal) is view.operation(reply)
        and reply.response is not None
        and refusal.request != reply.request
    ]
    call, reply = pick(chance, pairs)
    headers = reply.response.headers if reply.response else Headers()
    changed = answered(view.trace, call, value=body(reply), status=200, headers=headers)
    done = f"accepted with the answer of exchange {reply.number} (exchange {call.number})"
    return Mutation(changed, done, unseen=refusal_taken_back(view, call))


@operator("OBJECT-TYPE-01", "SCHEMA-*")
def not_deleted(view: TraceView, chance: Random) -> Mutation:
    """The answer to a deletion says that nothing was deleted."""
    found = [call for call in view.replies if body(call).get("deleted") is True]
    call = pick(chance, found)
    changed = answered(view.trace, call, value={**body(call), "deleted": False})
    return Mutation(changed, f"deleted false (exchange {call.number})")


@operator("DELETION-*", "FILE-DELETE-*", "VSF-DELETE-*", "VS-DELETE-*", "ERROR-*", "OBJECT-*")
def resurrected(view: TraceView, chance: Random) -> Mutation:
    """What was deleted is found again."""
    found = []
    for gone in view.replies:
        if body(gone).get("deleted") is not True:
            continue
        for refusal in view.refusals:
            if refusal.number > gone.number and refusal.request.path == gone.request.path:
                earlier = [
                    call
                    for call in view.trace.sightings
                    if call.id == body(gone).get("id") and call.where.exchange < gone.number and not call.listed
                ]
                if earlier and refusal.request.method == "GET":
                    found.append((refusal, earlier[-1]))
    call, sighting = pick(chance, found)
    changed = answered(view.trace, call, value=sighting.value, status=200)
    return Mutation(changed, f"a deleted {sighting.kind} is read again (exchange {call.number})")
