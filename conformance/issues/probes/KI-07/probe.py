"""Uploads a batch, waits for it, and lists its files by the id that came back."""


def probe(s):
    batches = s.need("vector_stores.file_batches")
    match s.mode:
        case "workaround-list":
            s.tell(batch_id=batches.list("vs_1").data[0].id)
            return
        case "workaround-create-and-poll":
            batch = batches.create_and_poll("vs_1", file_ids=["file-1"])
        case "workaround-keep-id":
            batch = batches.create("vs_1", file_ids=["file-1"])
        case _:
            batch = batches.upload_and_poll("vs_1", files=[("notes.txt", b"hello")])
    s.tell(batch_id=batch.id, object=batch.object)
    s.tell(files=len(batches.list_files(batch.id, vector_store_id="vs_1").data))
