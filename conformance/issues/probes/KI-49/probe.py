"""Uploads bytes, with or without a file name."""


def probe(s):
    file = b"hello" if s.mode == "condition" else ("notes.txt", b"hello")
    s.tell(filename=s.client.files.create(file=file, purpose="assistants").filename)
