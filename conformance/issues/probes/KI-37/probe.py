"""Creates a thread with a run in one go, with resources for its tools."""

RESOURCES = {"file_search": {"vector_store_ids": ["vs_1"]}}


def probe(s):
    stream = s.need("beta.threads.create_and_run_stream")
    if s.mode == "condition":
        with stream(assistant_id="asst_1", tool_resources=RESOURCES) as events:
            events.until_done()
    else:
        s.client.beta.threads.create_and_run(assistant_id="asst_1", tool_resources=RESOURCES)
    s.tell(done=True)
