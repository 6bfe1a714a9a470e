"""From findings to causes: one fault is one cause, whatever ids it breaks, and two faults are two."""

from dataclasses import replace

from conformance import contract
from conformance.checks.judge import judge
from conformance.checks.symptoms import Input
from conformance.report.model import Cause
from conformance.session.attempt import Outcome, ScenarioRecord, record
from conformance.session.causes import causes
from conformance.session.selection import Selection
from conformance.session.unchecked_inputs import rules
from conformance.session.verdicts import decide
from tests.traces import Call, assistant, call, error, listing, message, run, stream, thread, trace

CONTRACT = contract.load()
RUNS = "/threads/thread_T1/runs"


def judged(*calls: Call, scenario: str = "runs.text") -> ScenarioRecord:
    seen = replace(trace(*calls), source=scenario)
    return record(seen, judge(seen, CONTRACT), CONTRACT)


def caused(*records: ScenarioRecord, audit: bool = True) -> tuple[Cause, ...]:
    results = decide(CONTRACT, records, Selection(None, None), rerun="run it --only", audit=audit)
    return causes(CONTRACT, records, results, audit=audit)


def by_requirement(*records: ScenarioRecord) -> dict[str, str]:
    """The key of the cause of each requirement that failed or warned; the last where there are several."""
    return {name: cause.key for cause in caused(*records) for name in (*cause.failed, *cause.warned)}


def created(sent: dict[str, object], **shown: object) -> Call:
    return call("POST /assistants", assistant(**shown), sent={"model": "gpt-4o", **sent})


def test_traffic_in_order_has_no_causes() -> None:
    assert caused(judged(created({}))) == ()


def test_one_member_that_is_wrong_in_every_answer_is_one_cause() -> None:
    wrong = run(expires_at=None)
    (cause,) = caused(
        judged(call(f"POST {RUNS}", wrong, sent={"assistant_id": "asst_A1"}), call(f"GET {RUNS}/run_R1", wrong)),
        judged(call(f"GET {RUNS}", listing(wrong)), scenario="lists.runs"),
    )
    assert cause.failed == ("RUN-FIELD-06",)
    assert cause.operations == ("createRun", "getRun", "listRuns")
    assert cause.findings == 3
    assert cause.title == "thread.run: expires_at is null"
    assert cause.example is not None
    assert (cause.example.requirement, cause.example.source, cause.example.exchange) == ("RUN-FIELD-06", "runs.text", 1)
    assert cause.example.rerun == "run it --only runs.text"


def test_two_members_of_one_object_are_two_causes() -> None:
    keys = by_requirement(judged(call(f"GET {RUNS}/run_R1", run(expires_at=None, model=7))))
    assert keys["RUN-FIELD-06"] != keys["SCHEMA-RunObject"]


def test_the_same_member_of_two_kinds_of_objects_is_one_cause() -> None:
    nothing = {"code_interpreter": 7, "file_search": {"vector_store_ids": []}}
    shown = judged(
        call("GET /threads/thread_T1", thread(tool_resources=nothing)),
        call("GET /assistants/asst_A1", assistant(tool_resources=nothing)),
    )
    keys = by_requirement(shown)
    assert keys["SCHEMA-ThreadObject"] == keys["SCHEMA-AssistantObject"]


def test_what_becomes_of_a_run_by_its_cancellation_is_one_cause() -> None:
    record_ = judged(
        call(f"GET {RUNS}/run_R1", run("completed")),
        call(f"POST {RUNS}/run_R1/cancel", run("completed", cancelled_at=1_735_689_604)),
        call(f"GET {RUNS}/run_R1", run("in_progress", cancelled_at=1_735_689_604)),
    )
    keys = by_requirement(record_)
    broken = {"CANCEL-REFUSE-01", "RUN-FIELD-05", "RUN-FIELD-04", "RUN-STATE-01"}
    assert broken <= keys.keys()
    assert {keys[name] for name in broken} == {"action:cancelRun:CANCEL-REFUSE-01"}


def test_what_cancellations_of_different_runs_show_is_of_different_causes() -> None:
    ended, early = run("completed"), run("cancelling", id="run_R2", cancelled_at=1_735_689_604)
    keys = by_requirement(
        judged(
            call(f"GET {RUNS}/run_R1", ended),
            call(f"POST {RUNS}/run_R1/cancel", ended),
            call(f"GET {RUNS}/run_R2", run("in_progress", id="run_R2")),
            call(f"POST {RUNS}/run_R2/cancel", early),
        )
    )
    assert keys["CANCEL-REFUSE-01"] != keys["RUN-FIELD-04"]


def test_what_is_wrong_on_pages_is_one_cause_and_what_was_asked_for_in_vain_another() -> None:
    first, second = message(id="msg_1"), message(id="msg_2")
    page = {**listing(first, second), "first_id": "msg_2", "has_more": True}
    shown = judged(
        call("GET /threads/thread_T1/messages?limit=1", page),
        call("GET /threads/thread_T1/messages?limit=1&after=msg_2", {**listing(second), "has_more": False}),
    )
    keys = by_requirement(shown)
    assert keys["LIMIT-LIST-01"] == keys["LIMIT-LIST-04"] == "page:listMessages:query"
    assert keys["LIST-ENDS-01"] == "page:listMessages"


def test_lists_that_read_none_of_their_parameters_are_one_cause_with_what_they_do_not_refuse() -> None:
    pages = {
        "assistants": listing(assistant(id="asst_1"), assistant(id="asst_2")),
        "threads/thread_T1/messages": listing(message(id="msg_1"), message(id="msg_2")),
    }
    calls = [
        call(f"GET /{path}?{query}", page)
        for path, page in pages.items()
        for query in ("limit=1", "limit=two", "limit=-1", "order=newest")
    ]
    cause = next(cause for cause in caused(judged(*calls)) if "LIMIT-LIST-01" in cause.failed)
    assert set(cause.failed) == {"LIMIT-LIST-01", "LIMIT-LIST-03"}
    assert cause.title == "listAssistants, listMessages ignore limit"
    assert sum("LIMIT-LIST-03" in other.failed for other in caused(judged(*calls))) == 1


def test_an_operation_that_fails_takes_along_what_waits_for_it() -> None:
    broke = replace(
        judged(error("POST /vector_stores", 500, sent={}), scenario="vector_stores.lifecycle"),
        outcome=str(Outcome.INCONCLUSIVE),
        reason="createVectorStore answered 500",
        stopped=("createVectorStore", 500),
    )
    first = caused(broke, audit=False)[0]
    assert first.key == "failure:createVectorStore:500"
    assert "VS-STATE-01" in first.undecided
    assert "ERROR-5XX-01" in first.warned
    assert first.title == "createVectorStore answers 500"


def test_a_body_of_another_type_is_told_by_the_rule() -> None:
    titles = [cause.title for cause in caused(judged(call("GET /assistants/asst_A1", [])))]
    assert titles
    assert all(", :" not in title and "has no …" not in title for title in titles)


def test_an_answer_to_no_operation_of_the_api_is_told_as_such() -> None:
    (cause, _) = caused(judged(error("DELETE /vector_stores", 500)), audit=False)
    assert cause.title == "Requests for no operation of the API are answered 500"


def test_absent_operations_of_one_resource_are_one_cause() -> None:
    missing = {"vector_stores.lifecycle": "createVectorStore", "search.changes": "searchVectorStore"}
    gone = [
        ScenarioRecord(name, str(Outcome.UNSUPPORTED), told, absences={operation: told})
        for name, operation in missing.items()
        for told in (f"{operation} is not there: 404",)
    ]
    (cause,) = [cause for cause in caused(*gone, audit=False) if cause.key.startswith("absent")]
    assert cause.key == "absent:vector_stores"
    assert cause.title == "Not there: createVectorStore, searchVectorStore"
    assert not cause.failed


def test_a_scenario_waits_for_the_absent_operation_that_ended_it_and_names_others_of_its_resource() -> None:
    told = {name: f"{name} is not there: 404" for name in ("listFiles", "createVectorStore", "listVectorStoreFiles")}
    gone = ScenarioRecord("vector_stores.lifecycle", str(Outcome.UNSUPPORTED), told["createVectorStore"], absences=told)
    (cause,) = [cause for cause in caused(gone, audit=False) if cause.key.startswith("absent")]
    assert (cause.key, cause.operations) == ("absent:vector_stores", ("createVectorStore", "listVectorStoreFiles"))


def test_the_form_of_errors_is_one_cause_and_their_status_another() -> None:
    bare = {"detail": "No."}
    shown = judged(
        call("GET /assistants/asst_none", bare, status=404),
        call("POST /assistants", bare, status=422, sent={"name": "no model"}),
    )
    keys = by_requirement(shown)
    assert keys["ERROR-ENVELOPE-01"] != keys["LIMIT-REFUSAL-01"]


def test_what_is_about_every_answer_is_no_part_of_other_causes() -> None:
    plain = (("content-type", "application/json"),)
    shown = judged(
        call("GET /assistants/asst_A1", assistant(), headers=plain),
        error("GET /assistants/asst_A1", 500, headers=plain),
        created({"name": 5}, name="5"),
    )
    keys = by_requirement(shown)
    assert keys["ERROR-ID-01"] == "everywhere:ERROR-ID-01"
    assert keys["ERROR-5XX-01"] == "failure:getAssistant:500"


def test_an_unchecked_input_takes_along_what_its_answer_shows() -> None:
    shown = judged(created({"tools": [{"type": "nonsense"}]}, tools=[{"type": "nonsense"}], top_p=7))
    assert set(by_requirement(shown).values()) == {"unchecked:createAssistant:tools:value:nested"}


def test_an_input_that_is_never_read_is_not_unchecked_besides() -> None:
    form = (
        b'--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n%s\r\n--x\r\nContent-Disposition: form-data; '
        b'name="file"; filename="a.txt"\r\n\r\nhello\r\n--x--\r\n'
    )
    file = {
        "id": "file-1", "object": "file", "bytes": 9, "created_at": 1_735_689_600, "filename": "other.txt",
        "purpose": "fine-tune", "status": "processed", "expires_at": None,
    }  # fmt: skip
    headers = (("content-type", "multipart/form-data; boundary=x"),)
    shown = judged(
        *(call("POST /files", file, sent=form % purpose, request_headers=headers) for purpose in (b"user_data", b"no"))
    )
    keys = by_requirement(shown)
    names = {"FILE-ECHO-01", "FILE-ECHO-02", "FILE-ECHO-03", "LIMIT-FILE-04"}
    assert {keys.get(name) for name in names} == {"ignored:createFile"}


def test_a_member_that_several_operations_drop_is_one_cause_with_what_they_do_not_refuse() -> None:
    bodies: list[dict[str, object]] = [{"metadata": {"a": "1"}}, {"metadata": {"k": "v" * 513}}]
    shown = judged(*map(created, bodies), *(call("POST /threads", thread(), sent=sent) for sent in bodies))
    (cause,) = [cause for cause in caused(shown) if "IDENTITY-ECHO-04" in cause.failed]
    assert set(cause.failed) == {"IDENTITY-ECHO-04", "LIMIT-META-03"}
    assert cause.title == "createAssistant, createThread ignore metadata"


def test_messages_that_are_dropped_are_ignored_by_the_operation_that_took_them() -> None:
    sent = {"messages": [{"role": "user", "content": "Hi."}, {"role": "system", "content": "x"}]}
    good = {"messages": sent["messages"][:1]}
    nothing = call("GET /threads/thread_T1/messages", listing())
    shown = judged(call("POST /threads", thread(), sent=good), nothing, call("POST /threads", thread(), sent=sent))
    keys = by_requirement(shown)
    assert keys["IDENTITY-THREAD-01"] == keys["LIMIT-MSG-02"] == "ignored:createThread"


def test_an_input_that_is_heeded_at_other_times_stands_apart_from_what_is_not_checked() -> None:
    shown = judged(
        created({"temperature": 0.5}, temperature=0.5),
        created({"temperature": 0.1}, temperature=1),
        created({"temperature": "1"}, temperature=1),
    )
    keys = by_requirement(shown)
    assert keys["IDENTITY-ECHO-02"] == "ignored:createAssistant:sometimes:identity"
    assert keys["LIMIT-ASST-06"].startswith("unchecked:")


def test_bodies_that_a_server_fails_at_are_one_cause_and_valid_requests_another() -> None:
    bodies = {"assistants": b"[]", "threads": b"[]", "threads/thread_T1/messages": b"x"}
    broken = [error(f"POST /{path}", 500, sent=body) for path, body in bodies.items() for _ in range(3)]
    works = [created({}), call("POST /threads", thread(), sent={})]
    works.append(call("POST /threads/thread_T1/messages", message(), sent={"role": "user", "content": "Hi."}))
    valid = error("POST /assistants", 500, sent={"model": "gpt-4o", "name": "x"})
    found = [cause for cause in caused(judged(*works, *broken, valid)) if cause.key.startswith("failure")]
    assert [cause.title for cause in found] == [
        "createAssistant, createMessage and 1 more answer 500 where the body is no JSON object",
        "createAssistant answers 500",
    ]


def test_the_title_of_a_cause_fits_its_example() -> None:
    missing = judged(
        *(error(f"GET /assistants/asst_{number}", 404, code="404") for number in range(3)),
        error("POST /assistants", 400, sent={}, code="400"),
    )
    cause = next(cause for cause in caused(missing) if "ERROR-MISSING-01" in cause.failed)
    assert cause.example is not None
    assert cause.example.actual in cause.title


def test_events_that_are_wrong_at_different_places_of_a_stream_are_different_causes() -> None:
    frames = [("thread.run.created", run()), ("thread.run.in_progress", run("in_progress"))]
    shown = stream(f"POST {RUNS}", *frames, sent={"assistant_id": "asst_A1", "stream": True}, done=False)
    tail = b"data: [DONE]\n\n"
    assert isinstance(shown.answer, bytes)
    keys = by_requirement(judged(replace(shown, answer=shown.answer + tail)))
    assert keys["STREAM-FRAME-03"] == "event:streams:[DONE]"
    assert keys["STREAM-ORDER-01"] == "event:streams:thread.run.in_progress"


def test_frames_without_names_are_one_cause_wherever_they_come() -> None:
    frames = b"".join(b"data: " + one + b"\n\n" for one in (b'{"object":"thread.run"}', b"[DONE]"))
    shown = stream(
        f"POST {RUNS}", ("thread.run.created", run()), sent={"assistant_id": "asst_A1", "stream": True}, done=False
    )
    assert isinstance(shown.answer, bytes)
    found = caused(judged(replace(shown, answer=shown.answer + frames)))
    assert sum("STREAM-FRAME-03" in cause.failed for cause in found) == 1


# ---- the rules of unchecked inputs -----------------------------------------------------------------------------------


def inputs(operations: str, members: str, mistake: str = "bound") -> list[Input]:
    return [Input(one, member, mistake, "body") for one in operations.split() for member in members.split()]


def test_an_operation_that_checks_nothing_is_one_rule() -> None:
    accepted = inputs("modify", "a b c d") + inputs("modify", "a b", "value")
    assert set(rules(accepted, inputs("create", "a b c d")).values()) == {("modify", None, None, "body")}


def test_a_member_that_nobody_checks_is_one_rule() -> None:
    accepted = inputs("create modify run", "metadata")
    assert set(rules(accepted, inputs("create modify run", "name tools")).values()) == {
        (None, "metadata", "bound", "body")
    }


def test_lapses_of_an_endpoint_that_checks_are_told_apart() -> None:
    accepted = inputs("create", "name") + inputs("run", "limit", "value")
    refused = inputs("create run", "a b c d e f") + inputs("create run", "a b c d e f", "value")
    assert len(set(rules(accepted, refused).values())) == 2


def test_each_accepted_mistake_has_a_rule_that_fits_it() -> None:
    accepted = inputs("create run", "a b") + inputs("modify", "c", "value")
    for mistake, rule in rules(accepted, inputs("create", "c d")).items():
        assert all(named in (None, value) for named, value in zip(rule, mistake, strict=True))
    assert rules(accepted, ()).keys() == set(accepted)


# ---- their order -----------------------------------------------------------------------------------------------------


def test_what_blocks_comes_before_what_fails_before_what_warns() -> None:
    blocked = ScenarioRecord(
        "vector_stores.lifecycle", str(Outcome.INCONCLUSIVE), "it broke", stopped=("createVectorStore", 500)
    )
    failing = judged(call(f"GET {RUNS}/run_R1", run(expires_at=None)), scenario="runs.text")
    warning = judged(created({}, name="x"), scenario="objects.assistant")
    found = caused(blocked, failing, warning, audit=False)
    assert found[0].key == "failure:createVectorStore:500"
    weights = [(bool(cause.failed), bool(cause.warned)) for cause in found[1:] if cause.findings]
    assert weights == [(True, False), (False, True)]
    assert not any(cause.findings for cause in found[3:])


def test_records_keep_their_signs_on_their_way() -> None:
    made = judged(call(f"GET {RUNS}/run_R1", run(expires_at=None)))
    assert made.signs
    assert ScenarioRecord.from_dict(made.to_dict()) == made
