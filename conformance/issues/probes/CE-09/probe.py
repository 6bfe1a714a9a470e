"""Asks a server that answers 429 every time."""


def probe(s):
    s.tell(models=len(s.client.with_options(max_retries=2).models.list().data))
