from conformance.trace.trace import Trace
from tests.checks.judging import STORES, judged_by
from tests.checks.shelf import BOTH, FILE, GET_FILE, IN, MADE, NO_FILE, TEXT, add, file, shelf, upload
from tests.checks.tables import Tables
from tests.traces import CREATED, Call, call, deleted, error, listing, step, trace

HOUR = 3600
MADE_BY_CODE = {
    "id": "call_C1",
    "type": "code_interpreter",
    "code_interpreter": {"input": "plot()", "outputs": [{"type": "image", "image": {"file_id": FILE}}]},
}
STEPS = call("GET /threads/thread_T1/runs/run_R1/steps", listing(step("completed", MADE_BY_CODE)))
BATCHED = upload(file(purpose="batch", expires_at=CREATED + 720 * HOUR), purpose="batch")


def get(**changes: object) -> Call:
    return call(f"GET /files/{FILE}", file(**changes))


def download(content: bytes, **changes: object) -> Call:
    headers = (("content-type", "application/octet-stream"), ("x-request-id", "req_1"))
    return call(f"GET /files/{FILE}/content", content, headers=headers, **changes)


GOOD = {
    "uploaded and read": trace(
        upload(file(status="uploaded")),
        get(),
        call("GET /files", listing(file())),
        call("GET /files?purpose=assistants", listing(file())),
        call("GET /files?purpose=batch", listing()),
        error(f"GET /files/{FILE}/content", 400),
    ),
    "downloaded": trace(upload(file(purpose="vision"), purpose="vision"), download(TEXT.encode())),
    "somebody else's, downloaded": trace(get(purpose="vision"), download(TEXT.encode())),
    "expires": trace(
        upload(file(expires_at=CREATED + HOUR), expires=("created_at", HOUR)), get(expires_at=CREATED + HOUR)
    ),
    "a batch expires by itself": trace(BATCHED),
    "deleted": trace(upload(), call(f"DELETE /files/{FILE}", deleted(FILE, "file")), call("GET /files", listing())),
    "expired": trace(
        upload(file(expires_at=CREATED + HOUR), expires=("created_at", HOUR)),
        call("GET /files", listing()),
        error(f"GET /files/{FILE}", 404),
    ),
    "in a folder": trace(upload(filename="docs/pears.txt")),
    "with quotes": trace(upload(file(filename='my "pears".txt'), filename="my %22pears%22.txt")),
    "many bytes": trace(upload(file(bytes=7, filename="ü.bin"), content=b"\x00\r\n--fen\r\n"[:7], filename="ü.bin")),
    "made by code": trace(STEPS, get(purpose="assistants_output")),
    "more than a page": trace(upload(), call("GET /files?limit=1", listing(file("file-F2"), has_more=True))),
    "wrong types": trace(upload(file(bytes="33", filename=None, purpose=3, expires_at="never", created_at=None))),
    "left out by the recorder": trace(call("POST /files", file(purpose="vision")), download(b"")),
    "broken off": trace(upload(file(purpose="vision"), purpose="vision"), download(b"The", complete=False)),
    "a file": trace(
        *BOTH,
        NO_FILE,
        error(f"GET /files/{FILE}", 404),
        error(f"GET /files/{FILE}/content", 404),
        error(f"DELETE /files/{FILE}", 404),
        error(f"GET {IN}/files/{FILE}", 404),
        error(f"POST {IN}/files", 404, sent={"file_id": FILE}),
        shelf(),
        call("GET /files", listing()),
    ),
}


BAD: list[tuple[str, str, Trace]] = [
    ("FILE-STATE-01", "", trace(upload(), get(status="uploaded"))),
    ("FILE-ECHO-01", "", trace(upload(file(purpose="user_data")))),
    ("FILE-ECHO-02", "", trace(upload(file(filename="upload")))),
    ("FILE-ECHO-03", "", trace(upload(file(bytes=1)))),
    ("FILE-EXPIRY-01", "never", trace(upload(expires=("created_at", HOUR)))),
    ("FILE-EXPIRY-01", "late", trace(upload(file(expires_at=CREATED + 2 * HOUR), expires=("created_at", HOUR)))),
    ("FILE-EXPIRY-02", "", trace(upload(file(expires_at=CREATED + HOUR)))),
    ("FILE-KEEP-01", "renamed", trace(upload(), get(filename="apples.txt"))),
    ("FILE-KEEP-01", "listed", trace(upload(), call("GET /files", listing(file(bytes=3))))),
    ("FILE-CONTENT-01", "", trace(upload(file(purpose="vision"), purpose="vision"), download(TEXT.upper().encode()))),
    ("FILE-CONTENT-02", "", trace(get(purpose="vision"), download(b"less"))),
    ("FILE-LIST-01", "", trace(upload(), call("GET /files", listing(file("file-F2"))))),
    ("FILE-LIST-01", "of its purpose", trace(upload(), call("GET /files?purpose=assistants", listing()))),
    ("FILE-OUTPUT-01", "", trace(STEPS, get())),
    ("LIMIT-FILE-10", "", trace(upload(), download(TEXT.encode()))),
    ("FILE-DELETE-01", "", trace(upload(), NO_FILE, GET_FILE)),
    ("FILE-DELETE-01", "twice", trace(upload(), NO_FILE, NO_FILE)),
    ("FILE-DELETE-02", "", trace(upload(), NO_FILE, call("GET /files", listing(file())))),
    ("FILE-DELETE-03", "", trace(upload(), MADE, NO_FILE, add())),
]


class TestTables(Tables):
    checks, good, bad, judges = STORES, GOOD, BAD, judged_by("files")
