"""Streams a run that ends incomplete, and asks for the final run."""


def probe(s):
    thread, assistant = s.thread(), s.assistant()
    run_id = None
    with s.need("beta.threads.runs.stream")(thread_id=thread, assistant_id=assistant) as stream:
        for event in stream:
            s.tell(last_event=event.event)
            if event.event == "thread.run.created":
                run_id = event.data.id
        try:
            s.tell(final_status=stream.get_final_run().status)
        except Exception as problem:
            s.tell(error=s.caught(problem))
    if s.mode == "workaround-retrieve":
        s.tell(retrieved_status=s.client.beta.threads.runs.retrieve(run_id, thread_id=thread).status)
