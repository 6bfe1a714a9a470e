from urllib.parse import quote

from conformance.checks.hosted_tools import CONTENT
from conformance.trace.trace import Trace
from tests.checks.judging import STORES, judged_by
from tests.checks.shelf import FILE, MADE, OTHER, STORE, add, store, upload
from tests.checks.tables import Tables
from tests.traces import Call, assistant, call, listing, run, step, stream, thread, trace

IN = "/threads/thread_T1"
OPTIONS = {"ranker": "default_2024_08_21", "score_threshold": 0.5}
SEARCHING = {"type": "file_search", "file_search": {"ranking_options": OPTIONS, "max_num_results": 2}}
CODE = {"type": "code_interpreter"}
RESOURCES = {"file_search": {"vector_store_ids": [STORE]}}
INCLUDE = f"?include[]={quote(CONTENT)}"


def found(score: float = 0.9, **changes: object) -> dict[str, object]:
    return {"file_id": FILE, "file_name": "pears.txt", "score": score} | changes


def searched(*results: object, **options: object) -> dict[str, object]:
    return {
        "id": "call_C1",
        "type": "file_search",
        "file_search": {"ranking_options": OPTIONS | options, "results": list(results)},
    }


def coded(source: str = "print(1)") -> dict[str, object]:
    return {"id": "call_C2", "type": "code_interpreter", "code_interpreter": {"input": source, "outputs": []}}


def begun(*tools: object, resources: object = None) -> tuple[Call, ...]:
    whole = run(tools=list(tools))
    return (
        upload(),
        MADE,
        add(),
        call(
            "POST /assistants",
            assistant(tools=list(tools), tool_resources=RESOURCES if resources is None else resources),
        ),
        call("POST /threads", thread()),
        call(f"POST {IN}/runs", whole),
    )


def steps(*calls: object, query: str = "", status: str = "completed") -> Call:
    return call(f"GET {IN}/runs/run_R1/steps{query}", listing(step(status, *calls)))


ANOTHER = step("completed", searched() | {"id": "call_C0"}, id="step_S0", run_id="run_R0")
TEXT_OF_IT = [{"type": "text", "text": "The pear tree"}]
GOOD = {
    "found": trace(*begun(SEARCHING), steps(searched(found(0.9), found(0.6)))),
    # The same file in a store of the assistant and in one of the thread (openai/openai-dotnet FileSearchWorks.json).
    "in two stores": trace(
        *begun(SEARCHING),
        call("POST /vector_stores", store(id=OTHER), sent={}),
        add(store_id=OTHER),
        call(f"GET {IN}", thread(tool_resources={"file_search": {"vector_store_ids": [OTHER]}})),
        steps(searched(found(0.75), found(0.75))),
    ),
    "with content": trace(*begun(SEARCHING), steps(searched(found(content=TEXT_OF_IT)), query=INCLUDE)),
    "in a stream of a submission": trace(
        *begun(SEARCHING),
        stream(
            f"POST {IN}/runs/run_R1/submit_tool_outputs",
            ("thread.run.step.completed", step("completed", searched(found(content=TEXT_OF_IT)))),
        ),
    ),
    "code": trace(*begun(CODE), steps(coded()), steps(coded(""), status="in_progress")),
    "ranked by what auto means": trace(
        *begun({"type": "file_search", "file_search": {"ranking_options": {"ranker": "auto", "score_threshold": 0}}}),
        steps(searched(found(), score_threshold=0.0)),
    ),
    "a thread that was never shown": trace(
        upload(), MADE, call(f"POST {IN}/runs", run(tools=[SEARCHING])), steps(searched(found()))
    ),
    "a store of the run's own": trace(
        *begun(SEARCHING, resources={}),
        call(
            "POST /threads/runs",
            run(id="run_R2", tools=[SEARCHING]),
            sent={"assistant_id": "asst_A1", "tool_resources": RESOURCES},
        ),
        call(f"GET {IN}/runs/run_R2/steps", listing(step("completed", searched(found()), run_id="run_R2"))),
    ),
    "somebody else's store": trace(
        *begun(SEARCHING, resources={"file_search": {"vector_store_ids": ["vs_X"]}}),
        steps(searched(found(file_id="file-X"))),
    ),
    "a run that was never shown": trace(steps(searched(found()), coded())),
    "wrong types": trace(*begun(SEARCHING), steps(searched(found("high"), 3, ranker=[]), {"type": "file_search"})),
}


ELSEWHERE = begun(SEARCHING)
BAD: list[tuple[str, str, Trace]] = [
    ("HOSTED-TOOL-01", "", trace(*begun(SEARCHING), steps(coded()))),
    ("HOSTED-CONTENT-01", "listed", trace(*begun(SEARCHING), steps(searched(found(content=TEXT_OF_IT))))),
    ("HOSTED-CONTENT-02", "listed", trace(*begun(SEARCHING), steps(searched(found()), query=INCLUDE))),
    ("HOSTED-RANKING-01", "ranker", trace(*begun(SEARCHING), steps(searched(ranker="auto")))),
    ("HOSTED-RANKING-01", "threshold", trace(*begun(SEARCHING), steps(searched(score_threshold=0.0)))),
    ("HOSTED-RESULTS-01", "", trace(*begun(SEARCHING), steps(searched(found(), found(), found())))),
    ("HOSTED-RESULTS-01", "by default", trace(*begun({"type": "file_search"}), steps(searched(*[found()] * 21)))),
    (
        "HOSTED-RESULTS-01",
        "behind a search without a tool",
        trace(
            *begun(SEARCHING),
            call(f"GET {IN}/runs/run_R0/steps", listing(ANOTHER)),
            steps(searched(found(), found(), found())),
        ),
    ),
    ("HOSTED-RESULTS-02", "order", trace(*begun(SEARCHING), steps(searched(found(0.6), found(0.9))))),
    ("HOSTED-RESULTS-02", "threshold", trace(*begun(SEARCHING), steps(searched(found(0.4))))),
    (
        "HOSTED-RESULTS-03",
        "elsewhere",
        trace(*ELSEWHERE, add(store_id=OTHER, file_id="file-F2"), steps(searched(found(file_id="file-F2")))),
    ),
    ("HOSTED-RESULTS-03", "name", trace(*begun(SEARCHING), steps(searched(found(file_name="x.txt"))))),
    ("HOSTED-CODE-01", "", trace(*begun(CODE), steps(coded("")))),
]


class TestTables(Tables):
    checks, good, bad, judges = STORES, GOOD, BAD, judged_by("hosted_tools")
