"""Reads a file that a tool wrote, after it is gone."""


def probe(s):
    s.tell(content=s.client.files.content("file-1").text)
