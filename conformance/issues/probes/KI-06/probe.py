"""Moves an assistant that has a temperature to a reasoning model."""


def probe(s):
    made = s.client.beta.assistants.create(model="gpt-4o-mini", temperature=0.5)
    cleared = {"temperature": None} if s.mode == "workaround-null" else {}
    s.tell(model=s.client.beta.assistants.update(made.id, model="o3-mini", **cleared).model)
