"""The file operations of version 1: that they are not there, and who is not asked."""

import pytest

from conformance.checks.judge import Judgement
from tests.checks.judging import Checks
from tests.traces import THREAD, Call, call, error, listing, trace

FILES = "/assistants/asst_A1/files"
V1 = (("authorization", "Bearer key"), ("openai-beta", "assistants=v1"))


def judged(*calls: Call) -> Judgement:
    return Checks("legacy.files").judged(trace(*calls))


@pytest.mark.parametrize(
    "label",
    [f"GET {FILES}", f"POST {FILES}", f"DELETE {FILES}/file-1", f"GET /threads/{THREAD}/messages/msg_1/files/file-1"],
)
def test_what_is_served_trips(label: str) -> None:
    (finding,) = judged(call(label, listing())).findings
    assert (finding.requirement, finding.actual) == ("LEGACY-FILES-01", "status 200")


@pytest.mark.parametrize("status", [404, 405])
def test_what_is_not_there_is_in_order(status: int) -> None:
    judgement = judged(error(f"GET {FILES}", status))
    assert judgement.findings == ()
    assert judgement.examined["LEGACY-FILES-01"] == 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        call(f"GET {FILES}", listing(), request_headers=V1),
        call("GET /vector_stores/vs_1/files", listing()),
        call("GET /files", listing()),
        error(f"GET {FILES}", 401),
        error(f"GET {FILES}", 500),
    ],
    ids=["under the v1 header", "vector stores", "files", "no key", "a failure"],
)
def test_what_is_none_of_its_business(elsewhere: Call) -> None:
    assert judged(elsewhere).subjects == 0
