"""Creates a run and polls it with the SDK's helper."""


def probe(s):
    poll = s.need("beta.threads.runs.create_and_poll")
    s.tell(status=poll(thread_id=s.thread(), assistant_id=s.assistant(), poll_interval_ms=50).status)
