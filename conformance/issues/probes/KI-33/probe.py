"""Streams twice with one event handler."""

from openai import AssistantEventHandler


def probe(s):
    stream, handler = s.need("beta.threads.runs.stream"), AssistantEventHandler()
    for _ in range(2):
        with stream(thread_id="thread_1", assistant_id="asst_1", event_handler=handler) as events:
            events.until_done()
        if s.mode != "condition":
            handler = AssistantEventHandler()
    s.tell(done=True)
