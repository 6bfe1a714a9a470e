"""Every bound of a request lies where its requirement says: a value at the bound is valid, one beyond it is not."""

from typing import Any

import pytest

from tests.contract.document import DOCUMENT, SCHEMAS, ids, nodes


def keys(count: int) -> dict[str, str]:
    return {f"k{number}": "x" for number in range(count)}


def function(**fields: Any) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": fields}]}


def search_tool(**fields: Any) -> dict[str, Any]:
    return {"tools": [{"type": "file_search", "file_search": fields}]}


def ranked(**fields: Any) -> dict[str, Any]:
    return search_tool(ranking_options=fields)


def file_search(**fields: Any) -> dict[str, Any]:
    return {"tool_resources": {"file_search": fields}}


def chunks(size: int, overlap: int) -> dict[str, Any]:
    static = {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}
    return {"chunking_strategy": {"type": "static", "static": static}}


def answer_schema(name: str) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": name}}}


def message(**fields: Any) -> dict[str, Any]:
    return {"role": "user", "content": "hi"} | fields


def image(url: str, **fields: Any) -> dict[str, Any]:
    return message(content=[{"type": "image_url", "image_url": {"url": url, **fields}}])


def attached(**fields: Any) -> dict[str, Any]:
    return message(attachments=[{"file_id": "file-1", **fields}])


def run(**fields: Any) -> dict[str, Any]:
    return {"assistant_id": "asst_1"} | fields


def output(**fields: Any) -> dict[str, Any]:
    return {"tool_outputs": [fields]}


def expiry(days: int) -> dict[str, Any]:
    return {"expires_after": {"anchor": "last_active_at", "days": days}}


def attributes(value: Any) -> dict[str, Any]:
    return {"attributes": value}


def query(**fields: Any) -> dict[str, Any]:
    return {"query": "x"} | fields


def compound(kind: str) -> dict[str, Any]:
    return query(filters={"type": "and", "filters": [{"type": kind, "key": "k", "value": ["a", 1]}]})


def upload(**fields: Any) -> dict[str, Any]:
    return {"file": "", "purpose": "batch"} | fields


def kept(seconds: int) -> dict[str, Any]:
    return upload(expires_after={"anchor": "created_at", "seconds": seconds})


CREATE, MODIFY = "CreateAssistantRequest", "ModifyAssistantRequest"
THREAD, MESSAGE, RUN, OUTPUTS = (
    "CreateThreadRequest",
    "CreateMessageRequest",
    "CreateRunRequest",
    "SubmitToolOutputsRunRequest",
)
STORE, BATCH, SEARCH, FILE = (
    "CreateVectorStoreRequest",
    "CreateVectorStoreFileBatchRequest",
    "VectorStoreSearchRequest",
    "CreateFileRequest",
)
ATTRIBUTES = "UpdateVectorStoreFileAttributesRequest"

# (requirement, schema, a value within the bound, one beyond it)
CASES: list[tuple[str, str, Any, Any]] = [
    ("LIMIT-SHAPE-02", CREATE, {"model": "m"}, {"model": "m", "colour": "red"}),
    (
        "LIMIT-NESTED-01",
        "CreateMessageRequest",
        attached(tools=[{"type": "file_search"}]),
        attached(tools=[{"type": "file_search", "file_search": {"max_num_results": 5}}]),
    ),
    ("LIMIT-NESTED-02", CREATE, {"model": "m"} | function(name="f"), {"model": "m"} | function(name="f", colour="red")),
    ("LIMIT-ASST-01", CREATE, {"model": "m"}, {}),
    ("LIMIT-ASST-01", CREATE, {"model": "m"}, {"model": None}),
    ("LIMIT-ASST-02", CREATE, {"model": "m", "name": "é" * 256}, {"model": "m", "name": "é" * 257}),
    ("LIMIT-ASST-02", MODIFY, {"name": "\U0001f600" * 256}, {"name": "\U0001f600" * 257}),
    ("LIMIT-ASST-03", MODIFY, {"description": "x" * 512}, {"description": "x" * 513}),
    ("LIMIT-ASST-04", MODIFY, {"instructions": "x" * 256000}, {"instructions": "x" * 256001}),
    ("LIMIT-ASST-05", MODIFY, {"tools": [{"type": "file_search"}] * 128}, {"tools": [{"type": "file_search"}] * 129}),
    ("LIMIT-ASST-06", MODIFY, {"temperature": 2}, {"temperature": 2.1}),
    ("LIMIT-ASST-06", MODIFY, {"temperature": None}, {"temperature": "1"}),
    ("LIMIT-ASST-07", RUN, run(top_p=0), run(top_p=-0.1)),
    ("LIMIT-ASST-08", MODIFY, {"reasoning_effort": None}, {"reasoning_effort": "ultra"}),
    ("LIMIT-TOOL-01", MODIFY, {"tools": [{"type": "code_interpreter"}]}, {"tools": [{"type": "retrieval"}]}),
    ("LIMIT-TOOL-02", MODIFY, function(name="a-B_" * 16), function(name="a" * 65)),
    ("LIMIT-TOOL-02", MODIFY, function(name="a"), function(name="")),
    ("LIMIT-TOOL-02", MODIFY, function(name="a"), function(name="a.b")),
    ("LIMIT-TOOL-03", MODIFY, function(name="a"), {"tools": [{"type": "function"}]}),
    ("LIMIT-TOOL-04", MODIFY, function(name="a", parameters={}), function(name="a", parameters="x")),
    ("LIMIT-TOOL-05", MODIFY, search_tool(max_num_results=50), search_tool(max_num_results=51)),
    ("LIMIT-TOOL-06", MODIFY, ranked(score_threshold=1), ranked(score_threshold=1.01)),
    ("LIMIT-TOOL-06", MODIFY, ranked(score_threshold=0), ranked()),
    ("LIMIT-TOOL-07", MODIFY, ranked(score_threshold=0, ranker="auto"), ranked(score_threshold=0, ranker="none")),
    (
        "LIMIT-RES-01",
        "ModifyThreadRequest",
        {"tool_resources": {"code_interpreter": {"file_ids": ["f"] * 20}}},
        {"tool_resources": {"code_interpreter": {"file_ids": ["f"] * 21}}},
    ),
    ("LIMIT-RES-02", MODIFY, file_search(vector_store_ids=["v"]), file_search(vector_store_ids=["v", "w"])),
    ("LIMIT-RES-03", THREAD, file_search(vector_stores=[{}]), file_search(vector_stores=[{}, {}])),
    ("LIMIT-RES-03", THREAD, file_search(), file_search(vector_stores=[{}], vector_store_ids=["v"])),
    ("LIMIT-RES-05", "ModifyThreadRequest", file_search(vector_store_ids=["v"]), file_search(vector_stores=[{}])),
    ("LIMIT-FORMAT-01", MODIFY, {"response_format": {"type": "json_object"}}, {"response_format": "json_object"}),
    ("LIMIT-FORMAT-01", RUN, run(response_format="auto"), run(response_format="none")),
    ("LIMIT-FORMAT-02", MODIFY, answer_schema("a" * 64), answer_schema("a" * 65)),
    ("LIMIT-FORMAT-02", MODIFY, answer_schema("a_b"), answer_schema("a b")),
    ("LIMIT-CHUNK-01", STORE, chunks(4096, 0), chunks(4097, 0)),
    ("LIMIT-CHUNK-01", STORE, chunks(100, 0), chunks(99, 0)),
    ("LIMIT-CHUNK-02", STORE, chunks(800, 0), chunks(800, -1)),
    ("LIMIT-CHUNK-02", STORE, chunks(4096, 2048), chunks(4096, 2049)),
    ("LIMIT-CHUNK-03", STORE, {"chunking_strategy": {"type": "auto"}}, {"chunking_strategy": {"type": "other"}}),
    ("LIMIT-META-01", THREAD, {"metadata": keys(16)}, {"metadata": keys(17)}),
    ("LIMIT-META-02", THREAD, {"metadata": {"k" * 64: "x"}}, {"metadata": {"k" * 65: "x"}}),
    ("LIMIT-META-03", THREAD, {"metadata": {"k": "x" * 512}}, {"metadata": {"k": "x" * 513}}),
    ("LIMIT-META-04", THREAD, {"metadata": {"k": ""}}, {"metadata": {"k": True}}),
    ("LIMIT-THREAD-02", "ModifyThreadRequest", {"metadata": {}}, {"messages": []}),
    ("LIMIT-MSG-01", MESSAGE, message(), {"content": "hi"}),
    ("LIMIT-MSG-02", MESSAGE, message(role="assistant"), message(role="system")),
    ("LIMIT-MSG-03", MESSAGE, message(content=[{"type": "text", "text": "x"}]), message(content=[])),
    ("LIMIT-MSG-05", MESSAGE, message(), message(content=[{"type": "text", "text": {"value": "x"}}])),
    ("LIMIT-MSG-05", MESSAGE, message(), message(content=[{"type": "input_text", "text": "x"}])),
    ("LIMIT-MSG-06", MESSAGE, image("https://a.example/b", detail="low"), image("https://a.example/b", detail="max")),
    ("LIMIT-MSG-07", MESSAGE, image("https://a.example/b.png"), image("https://a.example/b.PDF")),
    ("LIMIT-MSG-08", MESSAGE, attached(tools=[]), attached()),
    ("LIMIT-MSG-09", MESSAGE, attached(tools=[{"type": "file_search"}]), attached(tools=[{"type": "function"}])),
    ("LIMIT-MSG-10", "ModifyMessageRequest", {"metadata": None}, {"content": "x"}),
    ("LIMIT-MSG-11", MESSAGE, message(content=" "), message(content="")),
    ("LIMIT-RUN-01", RUN, run(), {}),
    ("LIMIT-RUN-01", "CreateThreadAndRunRequest", run(thread={}), {"thread": {}}),
    ("LIMIT-RUN-02", RUN, run(max_prompt_tokens=256), run(max_prompt_tokens=255)),
    ("LIMIT-RUN-03", RUN, run(max_completion_tokens=None), run(max_completion_tokens=255)),
    ("LIMIT-RUN-04", RUN, run(truncation_strategy={"type": "auto"}), run(truncation_strategy={})),
    (
        "LIMIT-RUN-05",
        RUN,
        run(truncation_strategy={"type": "last_messages", "last_messages": 1}),
        run(truncation_strategy={"type": "last_messages", "last_messages": 0}),
    ),
    (
        "LIMIT-RUN-06",
        RUN,
        run(tool_choice={"type": "function", "function": {"name": "f"}}),
        run(tool_choice={"type": "function"}),
    ),
    ("LIMIT-RUN-06", RUN, run(tool_choice={"type": "file_search"}), run(tool_choice="any")),
    ("LIMIT-RUN-07", RUN, run(tools=[{"type": "file_search"}] * 20), run(tools=[{"type": "file_search"}] * 21)),
    ("LIMIT-RUN-11", "ModifyRunRequest", {"metadata": {}}, {"status": "completed"}),
    ("LIMIT-RUN-12", OUTPUTS, {"tool_outputs": [], "stream": None}, {"tool_outputs": [], "stream": "true"}),
    ("LIMIT-RUN-13", RUN, run(additional_messages=[message()]), run(additional_messages="hi")),
    ("LIMIT-RUN-15", OUTPUTS, {"tool_outputs": []}, {}),
    ("LIMIT-RUN-18", "CreateThreadAndRunRequest", run(), run(additional_instructions="x")),
    ("LIMIT-RUN-19", OUTPUTS, output(tool_call_id="c", output=""), output(output="")),
    ("LIMIT-RUN-19", OUTPUTS, output(tool_call_id="c", output=""), output(tool_call_id="c", output=1)),
    ("LIMIT-VS-01", STORE, {"file_ids": ["f"] * 500}, {"file_ids": ["f"] * 501}),
    ("LIMIT-VS-02", "UpdateVectorStoreRequest", expiry(365), expiry(366)),
    ("LIMIT-VS-02", STORE, expiry(1), expiry(0)),
    ("LIMIT-VS-05", STORE, {"name": "x"}, {"name": 5}),
    ("LIMIT-BATCH-01", BATCH, {"file_ids": ["f"]}, {"file_ids": ["f"] * 2001}),
    ("LIMIT-BATCH-01", BATCH, {"files": [{"file_id": "f"}]}, {"files": []}),
    ("LIMIT-BATCH-02", BATCH, {"file_ids": ["f"]}, {"file_ids": ["f"], "files": [{"file_id": "f"}]}),
    ("LIMIT-BATCH-02", BATCH, {"files": [{"file_id": "f"}]}, {}),
    ("LIMIT-MANY-01", STORE, {"file_ids": ["f"] * 100}, {"file_ids": ["f"] * 101}),
    ("LIMIT-BATCH-03", BATCH, {"file_ids": ["f"] * 500}, {"file_ids": ["f"] * 501}),
    ("LIMIT-VSF-01", ATTRIBUTES, attributes({"k": 1, "l": True, "m": "x" * 512}), attributes({"k": None})),
    ("LIMIT-VSF-01", ATTRIBUTES, attributes(keys(16)), attributes(keys(17))),
    ("LIMIT-VSF-02", ATTRIBUTES, attributes(None), {}),
    ("LIMIT-VSF-03", "CreateVectorStoreFileRequest", {"file_id": "f"}, {}),
    ("LIMIT-SEARCH-01", SEARCH, query(max_num_results=50), query(max_num_results=51)),
    ("LIMIT-SEARCH-02", SEARCH, query(), {}),
    ("LIMIT-SEARCH-02", SEARCH, query(query=["x", "y"]), query(query=[1])),
    ("LIMIT-SEARCH-03", SEARCH, compound("in"), compound("like")),
    (
        "LIMIT-SEARCH-04",
        SEARCH,
        query(ranking_options={"score_threshold": 1}),
        query(ranking_options={"score_threshold": 1.1}),
    ),
    ("LIMIT-SEARCH-05", SEARCH, query(query=["x"]), query(query=[])),
    ("LIMIT-FILE-04", FILE, upload(purpose="evals"), upload(purpose="assistants_output")),
    ("LIMIT-FILE-05", FILE, kept(2592000), kept(2592001)),
    ("LIMIT-FILE-06", FILE, upload(), {"purpose": "batch"}),
]
UNSENDABLE = {"LIMIT-RES-04"}  # a hundred million file ids


@pytest.mark.parametrize(("requirement", "schema", "within", "beyond"), CASES, ids=[case[0] for case in CASES])
def test_a_bound_lies_where_it_is_said_to_lie(requirement: str, schema: str, within: Any, beyond: Any) -> None:
    # At 500 files of a store, or beyond 2,000 of a batch, also lies what is left open: more than 100, more than 500.
    still_open = {"LIMIT-BATCH-03", "LIMIT-MANY-01"} - {requirement}
    found = [{one.requirement for one in SCHEMAS.validate(schema, value, None)} for value in (within, beyond)]
    assert [blamed - still_open for blamed in found] == [set(), {requirement}]


def test_every_bound_of_a_body_has_a_case() -> None:
    named = {name for schema in DOCUMENT.schemas.values() for _, node in nodes(schema) for name in ids(node)}
    assert named - {case[0] for case in CASES} == UNSENDABLE


def test_the_limit_of_a_page_has_an_undecided_value() -> None:
    limit = DOCUMENT.tree["components"]["parameters"]["Limit"]["schema"]
    blamed = {
        value: {violation.requirement for violation in SCHEMAS.validate_node(limit, value, None)}
        for value in (101, 100, 1, 0, -1)
    }
    undecided, refused = "LIMIT-LIST-08", "LIMIT-LIST-01"
    assert blamed == {101: {refused}, 100: set(), 1: set(), 0: {undecided}, -1: {undecided, refused}}


def test_ids_that_look_different_break_nothing() -> None:
    """The pattern of an id tells what this service looks up; another endpoint may name its objects otherwise."""
    for id in ("7f1c2f6e-5e0b-4a53", "42", "assistant-1"):
        assert SCHEMAS.validate("CreateRunRequest", {"assistant_id": id}, None) == []
        (broken,) = SCHEMAS.validate("CreateRunRequest", {"assistant_id": id, "temperature": 3}, None)
        assert broken.pointer == "/temperature"
