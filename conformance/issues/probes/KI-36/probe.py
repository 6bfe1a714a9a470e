"""Asks for more in the answer, by the streaming helper."""

WANTED = ["step_details.tool_calls[*].file_search.results[*].content"]


def probe(s):
    runs = s.client.beta.threads.runs
    s.need_parameter(s.need("beta.threads.runs.stream"), "include")
    if s.mode == "condition":
        with runs.stream(thread_id="thread_1", assistant_id="asst_1", include=WANTED) as events:
            events.until_done()
    else:
        runs.create("thread_1", assistant_id="asst_1", include=WANTED)
    s.tell(done=True)
