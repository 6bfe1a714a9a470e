"""Adds a message while a run is under way."""

import time


def probe(s):
    thread, threads = s.thread(), s.client.with_options(max_retries=2).beta.threads
    run = threads.runs.create(thread, assistant_id=s.assistant())
    time.sleep(0.5)
    if s.mode.startswith("workaround"):
        threads.runs.cancel(run.id, thread_id=thread)
    if s.mode == "workaround-cancel-and-wait":
        while threads.runs.retrieve(run.id, thread_id=thread).status == "cancelling":
            time.sleep(0.05)
    message = threads.messages.create(thread, role="user", content="And another thing")
    s.tell(added=message.object)
