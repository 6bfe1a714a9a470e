"""Files."""

from conformance.reference import errors, file_objects
from conformance.reference.endpoint import Endpoint
from conformance.reference.operation import Answer, Call, Download, Operation
from conformance.reference.pagination import page
from conformance.reference.request_schemas import LIST_FILES

MOST = 10_000


def operations(endpoint: Endpoint) -> list[Operation]:
    """The operations on files."""
    store = endpoint.store

    def create(call: Call) -> Answer:
        upload = call.body["file"]
        value = file_objects.file(
            endpoint.ids.file(),
            endpoint.clock.now(),
            filename=upload.filename,
            purpose=call.body["purpose"],
            size=len(upload.content),
            seconds=call.body.get("expires_after[seconds]"),
        )
        return store.add_file(value, upload.content).value

    def retrieve(call: Call) -> Answer:
        return store.file(call.path["file_id"]).value

    def listed(call: Call) -> Answer:
        purpose = call.query.get("purpose")
        wanted = [file for file in store.files.values() if purpose in (None, file.value["purpose"])]
        return page(wanted, {"limit": MOST, **call.query}, store, "file")

    def delete(call: Call) -> Answer:
        file = store.file(call.path["file_id"])
        store.remove_file(file)
        return file_objects.deleted_file(file.value)

    def content(call: Call) -> Answer:
        file = store.file(call.path["file_id"])
        if file.value["purpose"] in ("assistants", "user_data") and not endpoint.settings.downloads:
            raise errors.no_download(file.value["purpose"])
        return Download(file.value["filename"], file.content)

    return [
        Operation("POST", "/files", create, upload=True, beta=False),
        Operation("GET", "/files", listed, query=LIST_FILES, beta=False),
        Operation("GET", "/files/{file_id}", retrieve, beta=False),
        Operation("DELETE", "/files/{file_id}", delete, beta=False),
        Operation("GET", "/files/{file_id}/content", content, beta=False),
    ]
