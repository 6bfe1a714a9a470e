"""A check costs nothing on traffic without its subject: what it does there does not grow with the traffic."""

import pytest

from conformance import contract
from conformance.checks import Check, all_checks
from conformance.trace.index import Index
from tests.checks.counted import steps
from tests.traces import RUN, THREAD, Call, assistant, call, error, listing, message, run, step, thread, trace

FEW, MANY = 40, 160
MOST_STEPS = 160
"""Lines and calls an exchange, of some eighty checks together; all but 60 are the echo of a created message."""
STORE, FILE = "vs_V1", "file-F1"
# A cycle of calls for each kind of traffic.
TRAFFIC: dict[str, list[Call]] = {
    "models": [call("GET /models", listing())],
    "assistants": [call("GET /assistants/asst_A1", assistant())],
    "threads": [
        call(f"GET /threads/{THREAD}", thread()),
        call(f"POST /threads/{THREAD}/messages", message(), sent={"role": "user", "content": "Hello."}),
    ],
    "runs": [
        call(f"GET /threads/{THREAD}/runs/{RUN}", run("in_progress")),
        call(f"GET /threads/{THREAD}/runs/{RUN}/steps", listing(step("in_progress"))),
    ],
    "files": [call(f"GET /files/{FILE}", {"id": FILE, "object": "file"})],
    "stores": [call(f"GET /vector_stores/{STORE}/files/{FILE}", {"id": FILE, "object": "vector_store.file"})],
    "refusals": [error("GET /threads/thread_gone", 404)],
}

# The kinds of traffic in which an area or one check of it has its subjects; those of errors, limits, schemas and wire
# are in all.
SUBJECTS = {
    "annotations": {"threads", "runs"},
    "attachments": {"assistants", "threads", "stores"},
    "batches": {"stores"},
    "cancels": {"runs"},
    "deletion": {"assistants", "threads", "runs", "refusals", "files", "stores"},
    "deltas": {"runs"},
    "files": {"files"},
    "headers": set(),
    "hosted_tools": {"runs"},
    "identity": {"assistants", "threads", "runs", "stores"},
    "legacy": set(),
    "lists": {"runs"},
    "locks": {"threads", "runs"},
    "messages": {"threads", "runs"},
    "objects": set(TRAFFIC) - {"refusals"},
    "objects.ghosts": set(TRAFFIC),
    "runs": {"runs"},
    "search": {"stores"},
    "steps": {"runs"},
    "store_files": {"stores"},
    "streams": {"runs"},
    "tools": {"runs"},
    "vector_stores": {"stores"},
}


def indexed(kind: str, count: int) -> Index:
    """The index of so many exchanges of a kind of traffic, with what every check shares worked out."""
    index = Index(trace(*(TRAFFIC[kind] * count)[:count]), contract.load())
    index.call(0), index.calls_to(""), index.calls_by("thread_id"), index.sightings(""), index.sightings_in(0)
    index.accepted, index.off_surface, index.objects(""), index.all_pages, index.streams
    return index


def foreign(kind: str) -> list[Check]:
    """The checks that have no subject in a kind of traffic."""
    areas = {name: SUBJECTS.get(name.partition(".")[0], {kind}) for name in all_checks()}
    return [check for name, check in all_checks().items() if kind not in SUBJECTS.get(name, areas[name])]


@pytest.mark.parametrize("kind", sorted(TRAFFIC))
def test_a_check_does_not_touch_traffic_without_its_subject(kind: str) -> None:
    """What a view of several checks works out once is not the check's own, and is made before."""
    grown = []
    for check in foreign(kind):
        taken = []
        for count in (FEW, MANY):
            index = indexed(kind, count)
            steps([check], index)
            taken.append(steps([check], index))
        if taken[1] > taken[0]:
            grown.append((check.name, *taken))
    assert not grown


@pytest.mark.parametrize("kind", sorted(TRAFFIC))
def test_all_views_together_are_cheap_on_traffic_without_their_subject(kind: str) -> None:
    few, many = (steps(foreign(kind), indexed(kind, count)) for count in (FEW, MANY))
    assert (many - few) / (MANY - FEW) < MOST_STEPS


def test_every_area_has_its_subjects() -> None:
    everywhere = {"errors", "limits", "schemas", "wire"}
    areas = {name for name in SUBJECTS if "." not in name}
    assert areas | everywhere == {name.partition(".")[0] for name in all_checks()}
