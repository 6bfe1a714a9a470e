"""Attaches a file with attributes, by the polling helper."""


def probe(s):
    files = s.need("vector_stores.files")
    s.need_parameter(files.create, "attributes")
    attach = files.create_and_poll if s.mode == "condition" else files.create
    s.tell(object=attach(file_id="file-1", vector_store_id="vs_1", attributes={"colour": "red"}).object)
