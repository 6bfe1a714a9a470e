"""Reads the items before a given one, over several pages."""

from itertools import islice


def probe(s):
    since = {} if s.mode == "control" else {"before": "msg_9"}
    found = s.client.beta.threads.messages.list("thread_1", limit=1, **since)
    s.tell(items=[message.id for message in islice(found, 12)])
