"""Attaches a file with attributes, by the polling helper."""

import inspect


def probe(s):
    files = s.need("vector_stores.files")
    if "attributes" not in inspect.signature(files.create).parameters:
        s.tell(not_applicable="this release does not know attributes")
        return
    attach = files.create_and_poll if s.mode == "condition" else files.create
    s.tell(object=attach(file_id="file-1", vector_store_id="vs_1", attributes={"colour": "red"}).object)
