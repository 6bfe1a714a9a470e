"""Looks at `type` of an event, as events of other APIs have it."""


def probe(s):
    events = s.client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True)
    s.tell(types=[event.type if s.mode == "condition" else event.event for event in events])
