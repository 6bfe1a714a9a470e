"""Polls a run with a timeout of half a second."""


def probe(s):
    poll, thread, assistant = s.need("beta.threads.runs.create_and_poll"), s.thread(), s.assistant()
    if s.mode == "workaround-own-deadline":
        import time

        runs, give_up = s.client.beta.threads.runs, time.monotonic() + 0.5
        run = runs.create(thread, assistant_id=assistant)
        while run.status in ("queued", "in_progress") and time.monotonic() < give_up:
            time.sleep(0.05)
            run = runs.retrieve(run.id, thread_id=thread)
        s.tell(stopped=run.status)
        return
    s.tell(status=poll(thread_id=thread, assistant_id=assistant, poll_interval_ms=50, timeout=0.5).status)
