"""Attaches a file without an extension to a vector store."""


def probe(s):
    files = s.need("vector_stores.files")
    s.tell(status=files.create(vector_store_id="vs_1", file_id="file-1").status)
