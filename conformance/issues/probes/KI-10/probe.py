"""Cancels a run that has just ended."""

import time


def cancel(s, thread):
    runs = s.client.beta.threads.runs
    run = runs.create(thread, assistant_id=s.assistant())
    time.sleep(0.6)
    try:
        s.tell(cancel_status=runs.cancel(run.id, thread_id=thread).status)
    except s.openai.BadRequestError as problem:
        if s.mode == "workaround-filter" and "completed" in str(problem):
            return
        if s.mode == "workaround-look":
            s.tell(now=runs.retrieve(run.id, thread_id=thread).status)
            return
        s.tell(now=runs.retrieve(run.id, thread_id=thread).status)
        raise


def probe(s):
    cancel(s, s.thread())
    if s.mode.startswith("workaround"):
        cancel(s, s.thread())  # the second run fails before it is cancelled
        s.tell(went_on=True)
