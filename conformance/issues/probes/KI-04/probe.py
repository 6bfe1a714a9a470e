"""Uploads a file whose format cannot be indexed, and waits for it."""


def probe(s):
    batches, files = s.need("vector_stores.file_batches"), s.need("vector_stores.files")
    batch = batches.upload_and_poll("vs_1", files=[("notes.xyz", b"\x00\x01")])
    file = files.poll("file-1", vector_store_id="vs_1")
    s.tell(batch_status=batch.status, failed=batch.file_counts.failed, file_status=file.status)
    if s.mode == "workaround-list-failed":
        found = batches.list_files(batch.id, vector_store_id="vs_1").data
        s.tell(reasons=[one.last_error.code for one in found if one.last_error])
