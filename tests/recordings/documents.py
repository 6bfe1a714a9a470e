"""Small recordings in every format, as plain data to be changed and written."""

import base64
import json
from pathlib import Path
from typing import Any

import yaml

Json = Any

HEADERS = {"Content-Type": ["application/json"], "Date": ["Thu, 30 Oct 2025 22:02:20 GMT"]}
SENT = {"Content-Type": ["application/json"], "OpenAI-Beta": ["assistants=v2"]}
THREAD = '{"id":"thread_1","object":"thread"}'
URL = "https://emulator.test/v1/threads"


def vcrpy(**response: Json) -> Json:
    """A vcrpy cassette of one interaction; `response` replaces members of the response."""
    return {
        "version": 1,
        "interactions": [
            {
                "request": {"body": "{}", "headers": SENT, "method": "POST", "uri": URL},
                "response": {
                    "body": {"string": THREAD},
                    "headers": HEADERS,
                    "status": {"code": 200, "message": "OK"},
                    **response,
                },
            }
        ],
    }


def ruby_vcr(body: Json = None, recorded_at: str = "Tue, 14 Nov 2023 21:49:31 GMT") -> Json:
    """A Ruby VCR cassette of one interaction."""
    return {
        "http_interactions": [
            {
                "request": {
                    "method": "post",
                    "uri": URL,
                    "body": {"encoding": "UTF-8", "string": "{}"},
                    "headers": SENT,
                },
                "response": {
                    "status": {"code": 200, "message": "OK"},
                    "headers": HEADERS,
                    "body": body or {"encoding": "ASCII-8BIT", "string": THREAD},
                },
                "recorded_at": recorded_at,
            }
        ],
        "recorded_with": "VCR 6.1.0",
    }


def ruby_vcr_of(url: str, sent: dict[str, str], received: dict[str, str], answer: str) -> Json:
    """A Ruby VCR cassette of one interaction, as version 6 writes it."""
    return {
        "http_interactions": [
            {
                "request": {
                    "method": "post",
                    "uri": url,
                    "body": {"encoding": "UTF-8", "string": "{}"},
                    "headers": {name: [value] for name, value in sent.items()},
                },
                "response": {
                    "status": {"code": 200, "message": "OK"},
                    "headers": {name: [value] for name, value in received.items()},
                    "body": {"encoding": "UTF-8", "string": answer},
                },
                "recorded_at": received["Date"],
            }
        ],
        "recorded_with": "VCR 6.2.0",
    }


def azure(content_type: str = "application/json", body: Json = None, sent: Json = None) -> Json:
    """An Azure test proxy record of one entry."""
    return {
        "Entries": [
            {
                "RequestUri": URL,
                "RequestMethod": "POST",
                "RequestHeaders": {"Content-Type": "application/json", "OpenAI-Beta": "assistants=v2"},
                "RequestBody": {} if sent is None else sent,
                "StatusCode": 200,
                "ResponseHeaders": {"Content-Type": content_type, "Date": HEADERS["Date"][0]},
                "ResponseBody": json.loads(THREAD) if body is None else body,
            }
        ],
        "Variables": {},
    }


def har(*entries: Json) -> Json:
    """An HTTP Archive."""
    return {"log": {"version": "1.2", "creator": {"name": "test", "version": "1"}, "entries": list(entries)}}


def har_entry(url: str = URL, began: str = "2025-10-30T22:02:20.000Z", **response: Json) -> Json:
    """An entry of an HTTP Archive that took a quarter of a second."""
    return {
        "startedDateTime": began,
        "time": 250,
        "request": {
            "method": "POST",
            "url": url,
            "headers": [{"name": ":method", "value": "POST"}, {"name": "openai-beta", "value": "assistants=v2"}],
            "postData": {"mimeType": "application/json", "text": "{}"},
        },
        "response": {
            "status": 200,
            "headers": [{"name": "content-type", "value": "application/json"}],
            "content": {"size": len(THREAD), "mimeType": "application/json", "text": THREAD},
            **response,
        },
    }


def line(**changes: Json) -> Json:
    """A row of a JSONL file; a change to None leaves the member out."""
    row = {
        "source": {"repo": "someone/something", "path": "cassettes/threads.yml", "entry": 0},
        "recorded_at": "Tue, 14 Nov 2023 21:49:31 GMT",
        "method": "POST",
        "url": URL,
        "request_headers": {"Content-Type": "application/json", "OpenAI-Beta": "assistants=v2"},
        "request_body": {},
        "status": 200,
        "response_headers": {"Content-Type": "application/json"},
        "response_body": json.loads(THREAD),
        "response_text": THREAD,
        "api_version": "v2",
        "is_stream": False,
        **changes,
    }
    return {name: value for name, value in row.items() if value is not None}


def as_yaml(path: Path, document: Json) -> Path:
    """The document written as YAML."""
    path.write_text(yaml.safe_dump(document))
    return path


def as_json(path: Path, document: Json) -> Path:
    """The document written as JSON."""
    path.write_text(json.dumps(document, indent=1))
    return path


def as_lines(path: Path, *rows: Json) -> Path:
    """The rows written as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def base64_of(content: bytes) -> str:
    """The content as base64 text."""
    return base64.b64encode(content).decode()
