"""One recording of every format, as its recorder shapes it: the creation of one thread."""

import base64
import gzip
import io
import json
import zipfile
from typing import Any

import brotlicffi
import yaml
from backports import zstd

from tests.recordings import documents as d

THREAD = (
    '{"id":"thread_AAAAAAAAAAAAAAAAAAAAAAA1","object":"thread","created_at":1716253772,'
    '"metadata":{},"tool_resources":{}}'
)
URL = "https://api.openai.com/v1/threads"
DATE = "Tue, 21 May 2024 01:09:32 GMT"
SENT = {"Content-Type": "application/json", "OpenAI-Beta": "assistants=v2"}
RECEIVED = {
    "Content-Type": "application/json",
    "Date": DATE,
    "openai-version": "2020-10-01",
    "x-request-id": "req_0123456789abcdef0123456789abcdef",
}


def lists(headers: dict[str, str]) -> dict[str, list[str]]:
    """Headers with all their values."""
    return {name: [value] for name, value in headers.items()}


def pairs(headers: dict[str, str]) -> list[dict[str, str]]:
    """Headers as an archive lists them."""
    return [{"name": name, "value": value} for name, value in headers.items()]


def text_of(document: Any, indent: int | None = 1) -> bytes:
    """The document as JSON."""
    return json.dumps(document, indent=indent).encode()


def vcrpy(response: Any) -> bytes:
    """A vcrpy cassette with this response."""
    request = {"body": "{}", "headers": lists(SENT), "method": "POST", "uri": URL}
    return yaml.safe_dump({"interactions": [{"request": request, "response": response}], "version": 1}).encode()


def har(content: Any, creator: str = "WebInspector", **response: Any) -> bytes:
    """An archive with this content."""
    entry = {
        "startedDateTime": "2024-05-21T01:09:32.000Z",
        "time": 250.5,
        "request": {
            "method": "POST",
            "url": URL,
            "httpVersion": "http/2.0",
            "headers": [{"name": ":authority", "value": "api.openai.com"}, *pairs(SENT)],
            "queryString": [],
            "postData": {"mimeType": "application/json", "text": "{}"},
        },
        "response": {"status": 200, "headers": pairs(RECEIVED), "content": content, **response},
        "cache": {},
        "timings": {"send": 0, "wait": 250, "receive": 0.5},
    }
    return text_of({"log": {"version": "1.2", "creator": {"name": creator, "version": "1"}, "entries": [entry]}})


AIOHTTP = f"""\
interactions:
- request:
    body: '{{}}'
    headers:
      ? !!python/object/apply:multidict._multidict.istr
      - Content-Type
      : - application/json
      openai-beta:
      - assistants=v2
    method: POST
    uri: {URL}
  response:
    body:
      string: '{THREAD}'
    headers:
      Content-Type:
      - application/json
      Date:
      - {DATE}
      openai-version:
      - '2020-10-01'
    status:
      code: 200
      message: OK
version: 1
""".encode()

OLD_VCRPY = f"""\
- request: !!python/object:vcr.request.Request
    body: '{{}}'
    headers: !!python/object/apply:__builtin__.frozenset
    - - !!python/tuple [Content-Type, application/json]
      - !!python/tuple [OpenAI-Beta, assistants=v2]
    host: api.openai.com
    method: POST
    path: /v1/threads
    port: 443
    protocol: https
  response:
    body: {{string: !!python/unicode '{THREAD}'}}
    headers:
      content-type: [application/json]
      date: ['{DATE}']
    status: {{code: 200, message: OK}}
""".encode()

R_VCR = f"""\
http_interactions:
- request:
    method: post
    uri: {URL}
    body:
      encoding: ''
      string: '{{}}'
    headers:
      OpenAI-Beta: assistants=v2
      Content-Type: application/json
  response:
    status:
      status_code: 200
      category: Success
      reason: OK
      message: 'Success: (200) OK'
    headers:
      content-type: application/json
      openai-version: '2020-10-01'
    body:
      encoding: ''
      file: no
      string: '{THREAD}'
  recorded_at: 2024-05-21 01:09:32 GMT
  recorded_with: vcr/1.2.2, webmockr/0.9.0
""".encode()

R_VCR_2 = f"""\
http_interactions:
- request:
    method: POST
    uri: {URL}
    body:
      string: '{{}}'
    headers:
      OpenAI-Beta: assistants=v2
      Content-Type: application/json
  response:
    status: 200
    headers:
      Content-Type: application/json
      openai-version: '2020-10-01'
    body:
      string: '{THREAD}'
  recorded_at: 2024-05-21 01:09:32
recorded_with: VCR-vcr/2.0.0
""".encode()

PHP = f"""\

-
    request:
        method: POST
        url: '{URL}'
        headers:
            Host: api.openai.com
            Content-Type: application/json
            OpenAI-Beta: assistants=v2
        body: '{{}}'
    response:
        status:
            http_version: '1.1'
            code: '200'
            message: OK
        headers:
            Content-Type: application/json
            Date: '{DATE}'
            openai-version: '2020-10-01'
        body: '{THREAD}'
        curl_info:
            http_code: 200
    index: 0
""".encode()


def go(version: int) -> bytes:
    """A go-vcr cassette: v1 and v2 write version 1, v3 and v4 version 2 with an id and more members."""
    request: Any = {"body": "{}", "form": {}, "headers": lists(SENT), "url": URL, "method": "POST"}
    response: Any = {"body": THREAD, "headers": lists(RECEIVED), "status": "200 OK", "code": 200, "duration": ""}
    stored: Any = {"request": request, "response": response}
    if version == 2:
        request |= {"proto": "HTTP/1.1", "content_length": 2, "host": "api.openai.com"}
        response |= {"proto": "HTTP/2.0", "content_length": -1, "uncompressed": True, "duration": "200ms"}
        stored = {"id": 0, **stored}
    return b"---\n" + yaml.safe_dump({"version": version, "interactions": [stored]}, sort_keys=False).encode()


ERLANG = base64.b64encode(b"\x83m" + len(THREAD).to_bytes(4, "big") + THREAD.encode()).decode()


def elixir(**response: Any) -> bytes:
    """An ExVCR cassette."""
    request = {"body": "", "headers": SENT, "method": "post", "options": [], "request_body": "{}", "url": URL}
    answer = {"binary": False, "body": THREAD, "headers": RECEIVED, "status_code": 200, "type": "ok", **response}
    return text_of([{"request": request, "response": answer}])


def nock(**changes: Any) -> bytes:
    """A recording of nock."""
    received = [part for pair in RECEIVED.items() for part in pair]
    stored = {
        "scope": "https://api.openai.com:443",
        "method": "POST",
        "path": "/v1/threads",
        "body": {},
        "status": 200,
        "response": json.loads(THREAD),
        "rawHeaders": received,
        "reqheaders": SENT,
        "responseIsBinary": False,
        **changes,
    }
    return text_of([stored])


WIREMOCK_MAPPING = {
    "id": "8c5db8b0-2db4-4ad7-a99f-38c9b00da3f7",
    "name": "v1_threads",
    "request": {
        "url": "/v1/threads",
        "method": "POST",
        "headers": {"OpenAI-Beta": {"equalTo": "assistants=v2"}, "Content-Type": {"equalTo": "application/json"}},
        "bodyPatterns": [{"equalToJson": "{}", "ignoreArrayOrder": True, "ignoreExtraElements": True}],
    },
    "response": {"status": 200, "body": THREAD, "headers": RECEIVED},
    "persistent": True,
    "insertionIndex": 4,
}
WIREMOCK_EVENT = {
    "id": "45760a03-eebb-4387-ad0d-bb89b5d3d662",
    "request": {
        "url": "/v1/threads",
        "absoluteUrl": URL,
        "method": "POST",
        "headers": SENT,
        "body": "{}",
        "bodyAsBase64": "e30=",
        "loggedDate": 1716253772000,
    },
    "responseDefinition": {"status": 200, "proxyBaseUrl": "https://api.openai.com"},
    "response": {"status": 200, "headers": RECEIVED, "bodyAsBase64": base64.b64encode(THREAD.encode()).decode()},
    "wasMatched": True,
}
AZURE = {
    "Entries": [
        {
            "RequestUri": URL,
            "RequestMethod": "POST",
            "RequestHeaders": SENT,
            "RequestBody": {},
            "StatusCode": 200,
            "ResponseHeaders": RECEIVED,
            "ResponseBody": json.loads(THREAD),
        }
    ],
    "Variables": {},
}
TEST_AGENT = {
    "request": {"method": "POST", "url": URL, "headers": SENT, "body": "{}"},
    "response": {"status": {"code": 200, "message": "OK"}, "headers": RECEIVED, "body": THREAD},
}
FLAT = {
    "method": "POST",
    "url": URL,
    "status": 200,
    "started_at": "2024-05-21T01:09:32Z",
    "seconds": 0.25,
    "request_headers": SENT,
    "request_body": {},
    "response_headers": RECEIVED,
    "response_body": json.loads(THREAD),
}
NESTED = {
    "started_at": 1716253772.0,
    "request": {"method": "POST", "url": URL, "headers": [list(pair) for pair in SENT.items()], "body": {}},
    "response": {"status": 200, "headers": RECEIVED, "body": THREAD},
}

STRING = {"body": {"string": THREAD}, "headers": lists(RECEIVED), "status": {"code": 200, "message": "OK"}}


def packed(encoding: str, content: bytes) -> Any:
    """A vcrpy response whose body went over the wire packed."""
    return {**STRING, "body": {"string": content}, "headers": lists({**RECEIVED, "content-encoding": encoding})}


POLLY = {"mimeType": "application/json", "size": 144, "encoding": "base64", "_isBinary": True}
_GZIP = gzip.compress(THREAD.encode(), mtime=0)
_CHUNKS = (_GZIP[:50], _GZIP[50:])
_GZIP_HEADER = {"content-encoding": "gzip"}
_GZIPPED = pairs(RECEIVED | _GZIP_HEADER)

_ZIP = io.BytesIO()
with zipfile.ZipFile(_ZIP, "w", zipfile.ZIP_DEFLATED) as _file:
    _file.writestr("har.har", har({"size": 1, "mimeType": "application/json", "_file": "0c1d2e.json"}, "Playwright"))
    _file.writestr("0c1d2e.json", THREAD)
PLAYWRIGHT = _ZIP.getvalue()

SAMPLES: dict[str, tuple[str, bytes]] = {
    "vcrpy": ("vcrpy cassette", vcrpy(STRING)),
    "vcrpy JSON": ("vcrpy cassette", text_of(yaml.safe_load(vcrpy(STRING)))),
    "vcrpy aiohttp": ("vcrpy cassette", AIOHTTP),
    "vcrpy httpx": (
        "vcrpy cassette",
        vcrpy({"content": THREAD, "http_version": "HTTP/1.1", "headers": RECEIVED, "status_code": 200}),
    ),
    "vcrpy parsed": ("vcrpy cassette", vcrpy({**STRING, "body": None, "parsed_body": json.loads(THREAD)})),
    "vcrpy gzip": ("vcrpy cassette", vcrpy(packed("gzip", _GZIP))),
    "vcrpy br": ("vcrpy cassette", vcrpy(packed("br", brotlicffi.compress(THREAD.encode())))),
    "vcrpy zstd": ("vcrpy cassette", vcrpy(packed("zstd", zstd.compress(THREAD.encode())))),
    "vcrpy decoded": ("vcrpy cassette", vcrpy(packed("br", THREAD.encode()))),
    "vcrpy 0": ("vcrpy cassette (before version 1)", OLD_VCRPY),
    "Ruby VCR": ("VCR cassette (Ruby or R)", yaml.safe_dump(d.ruby_vcr_of(URL, SENT, RECEIVED, THREAD)).encode()),
    "R vcr": ("VCR cassette (Ruby or R)", R_VCR),
    "R vcr 2": ("VCR cassette (Ruby or R)", R_VCR_2),
    "PHP-VCR": ("PHP-VCR cassette", PHP),
    "PHP-VCR JSON": ("PHP-VCR cassette", text_of(yaml.safe_load(PHP))),
    "go-vcr 1": ("go-vcr cassette", go(1)),
    "go-vcr 3": ("go-vcr cassette", go(2)),
    "ExVCR": ("ExVCR cassette", elixir()),
    "ExVCR binary": ("ExVCR cassette", elixir(binary=True, body=ERLANG)),
    "nock": ("nock recording", nock()),
    "nock text": ("nock recording", nock(response=THREAD, rawHeaders=RECEIVED)),
    "nock hex": ("nock recording", nock(response=THREAD.encode().hex(), responseIsBinary=True)),
    "nock chunks": (
        "nock recording",
        nock(response=[chunk.hex() for chunk in _CHUNKS], headers=RECEIVED | _GZIP_HEADER, rawHeaders=None),
    ),
    "WireMock mappings": ("WireMock mappings", text_of({"mappings": [WIREMOCK_MAPPING], "meta": {"total": 1}})),
    "WireMock mapping": ("WireMock mappings", text_of(WIREMOCK_MAPPING)),
    "WireMock journal": ("WireMock journal", text_of({"requests": [WIREMOCK_EVENT], "meta": {"total": 1}})),
    "HAR": ("HTTP Archive", har({"size": 1, "mimeType": "application/json", "text": THREAD})),
    "HAR base64": (
        "HTTP Archive",
        har({"size": 1, "encoding": "base64", "text": base64.b64encode(THREAD.encode()).decode()}, "mitmproxy"),
    ),
    "Polly.js": (
        "HTTP Archive",
        har({**POLLY, "text": json.dumps([d.base64_of(c) for c in _CHUNKS])}, "Polly.JS", headers=_GZIPPED),
    ),
    "Polly.js 4": (
        "HTTP Archive",
        har({"_isBinary": True, "text": json.dumps([c.hex() for c in _CHUNKS])}, "Polly.JS", headers=_GZIPPED),
    ),
    "Playwright": ("HTTP Archive", PLAYWRIGHT),
    "Azure test proxy": ("Azure test proxy record", text_of(AZURE)),
    "DataDog test agent": ("JSON lines of exchanges", text_of(TEST_AGENT)),
    "JSON lines": ("JSON lines of exchanges", text_of(FLAT, None) + b"\n"),
    "JSON lines nested": ("JSON lines of exchanges", text_of(NESTED, None) + b"\n"),
    "JSON list": ("JSON lines of exchanges", text_of([NESTED])),
}
"""What each is reported as, and its bytes."""

BODY = THREAD.encode()
_RUN = {
    "id": "run_AAAAAAAAAAAAAAAAAAAAAAA1",
    "object": "thread.run",
    "created_at": 1716253772,
    "assistant_id": "asst_AAAAAAAAAAAAAAAAAAAAAAA1",
    "thread_id": "thread_AAAAAAAAAAAAAAAAAAAAAAA1",
    "status": "queued",
    "started_at": None,
    "expires_at": 1716254372,
    "cancelled_at": None,
    "failed_at": None,
    "completed_at": None,
    "required_action": None,
    "last_error": None,
    "model": "gpt-4o",
    "instructions": "Be brief.",
    "tools": [],
    "tool_resources": {},
    "metadata": {},
    "temperature": 0.5,
    "top_p": 1.0,
    "max_completion_tokens": None,
    "max_prompt_tokens": None,
    "truncation_strategy": {"type": "auto", "last_messages": None},
    "incomplete_details": None,
    "usage": None,
    "response_format": "auto",
    "tool_choice": "auto",
    "parallel_tool_calls": True,
}
STREAM = (
    f"event: thread.run.created\ndata: {json.dumps(_RUN)}\n\n"
    'event: error\ndata: {"error":{"message":"Sorry.","type":"server_error","param":null,"code":null}}\n\n'
    "event: done\ndata: [DONE]\n\n"
).encode()
