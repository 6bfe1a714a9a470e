"""Reaches vector stores where they were until early 2025: under `beta`."""


def probe(s):
    stores = s.client.beta.vector_stores if s.mode == "condition" else s.need("vector_stores")
    s.tell(status=stores.create(name="store").status)
