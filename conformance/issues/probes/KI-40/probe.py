"""Waits for a file in a vector store."""


def probe(s):
    files = s.need("vector_stores.files")
    s.tell(status=files.poll("file-1", vector_store_id="vs_1", poll_interval_ms=200).status)
