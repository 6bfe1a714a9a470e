"""Streams with an event handler that forgets to initialise its base."""

from openai import AssistantEventHandler


class Forgetful(AssistantEventHandler):
    def __init__(self):
        self.texts = []


def probe(s):
    stream = s.need("beta.threads.runs.stream")
    handler = Forgetful() if s.mode == "condition" else AssistantEventHandler()
    with stream(thread_id="thread_1", assistant_id="asst_1", event_handler=handler) as events:
        events.until_done()
    s.tell(done=True)
