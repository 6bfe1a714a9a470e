"""Reads a list over its pages, a dozen items at most."""

from itertools import islice


def probe(s):
    found = s.client.beta.threads.messages.list("thread_1", limit=1)
    items = [message.id for message in islice(found, 12)]
    s.tell(items=items, count=len(items))
