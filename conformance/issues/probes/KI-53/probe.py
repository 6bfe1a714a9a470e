"""Uploads a file in parts from a path, and looks whether the file was closed again."""

import gc
import tempfile
import warnings
from pathlib import Path


def probe(s):
    upload = s.need("uploads.upload_file_chunked")
    told = []
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        path = Path(folder) / "notes.txt"
        path.write_bytes(b"hello")
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, category, *rest: told.append(str(message))
        if s.mode == "condition":
            upload(file=path, mime_type="text/plain", purpose="assistants")
        else:
            data = path.read_bytes()
            upload(file=data, filename="notes.txt", bytes=len(data), mime_type="text/plain", purpose="assistants")
        gc.collect()
    s.tell(unclosed=sum("notes.txt" in message for message in told))
