"""Takes a file out of one of two vector stores, and looks for it in the other."""


def probe(s):
    files = s.need("vector_stores.files")
    s.tell(before=files.retrieve("file-1", vector_store_id="vs_2").status)
    if s.mode == "workaround-own-file":
        s.tell(own=files.create_and_poll("file-2", vector_store_id="vs_2").status)
    s.tell(deleted=files.delete("file-1", vector_store_id="vs_1").deleted)
    kept = "file-2" if s.mode == "workaround-own-file" else "file-1"
    s.tell(after=files.retrieve(kept, vector_store_id="vs_2").status)
