"""Uploads a file into a vector store and waits for it."""


def probe(s):
    upload = s.need("vector_stores.files.upload_and_poll")
    s.tell(status=upload(vector_store_id="vs_1", file=("notes.txt", b"hello"), poll_interval_ms=50).status)
