"""Gives an assistant instructions that are one character too long."""


def probe(s):
    length = 256_000 if s.mode == "control" else 256_001
    s.tell(object=s.client.beta.assistants.create(model="gpt-4o-mini", instructions="x" * length).object)
