"""Secrets go, everything that is judged stays."""

import base64
import json
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.evidence.redaction import redact_exchange
from conformance.evidence.secrets import find_secrets, redact_text
from conformance.recordings import find, read
from conformance.trace.event import parse_events
from conformance.trace.exchange import Exchange, Headers, Request, Response
from tests.recordings.corpus import folder

ALPHABET = string.ascii_letters + string.digits
KEY = "sk-proj-Abcdefgh1234567890"

mixed = st.text(ALPHABET, min_size=20, max_size=40).filter(
    lambda text: any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
)
PLANTS = {
    "key": mixed.map(lambda text: (f"sk-{text}", text)),
    "project key": mixed.map(lambda text: (f"sk-proj-{text}", text)),
    "bearer": mixed.map(lambda text: (f"Bearer {text}", text)),
    "organisation": mixed.map(lambda text: (f"org-{text}", text)),
    "project": mixed.map(lambda text: (f"proj_{text}", text)),
    "query": mixed.map(lambda text: (f"https://x.test/v1/files?api-key={text}&limit=1", text)),
    "cookie": mixed.map(lambda text: (f"__cf_bm={text}; path=/", text)),
    "login": mixed.map(lambda text: (f"https://someone:{text}@x.test/", text)),
    "header in prose": mixed.map(lambda text: (f"api-key: {text}", text)),
    "signed token": st.tuples(mixed, mixed, mixed).map(lambda parts: (f"eyJ{'.'.join(parts)}", parts[2])),
    "basic": mixed.map(lambda text: _basic(f"someone:{text}")),
}


def _basic(login: str) -> tuple[str, str]:
    token = base64.b64encode(login.encode()).decode()
    return f"Basic {token}", token


around = st.text(st.sampled_from(" \n\t,;:(){}'\"é🙂."), max_size=10)
planted = st.sampled_from(sorted(PLANTS)).flatmap(PLANTS.__getitem__)


def exchange(
    url: str = "http://x.test/v1/threads",
    sent: tuple[tuple[str, str], ...] = (),
    received: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
    arrivals: tuple[tuple[float, int], ...] = (),
) -> Exchange:
    return Exchange(
        1, Request("POST", url, Headers(sent), body), Response(200, Headers(received), body, arrivals), failure=None
    )


@settings(deadline=None, max_examples=300)
@given(around, planted, around)
def test_a_planted_secret_never_survives(before: str, plant: tuple[str, str], after: str) -> None:
    text, secret = plant
    clean = redact_text(f"{before} {text} {after}")
    assert secret not in clean
    assert find_secrets(clean) == []
    assert redact_text(clean) == clean


PIECES = ["sk-", "sess-", "Bearer ", "bearer", "Basic ", "eyJ", "org-", "proj_", "api-key: ", "api-key=", "?", "&", "="]
PIECES += [
    "__cf_bm=",
    "_cfuvid=",
    "://",
    ":",
    "@",
    ".",
    "-",
    "_",
    "*",
    "/",
    "+",
    "~",
    " ",
    '"',
    "\\",
    "\n",
    "é",
    "redacted",
]
PIECES += ["abc", "Zz9", "1234567890abcdefgh", "dXNlcjpwYXNz", '"api_key": "']


@settings(deadline=None, max_examples=500)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_the_second_look_is_content_with_what_the_redaction_leaves(text: str) -> None:
    assert find_secrets(redact_text(text)) == []


@pytest.mark.parametrize("text", [KEY, f"x {KEY}…", "sess-Abcdefgh1234567890"])
def test_the_second_look_finds_a_key_that_was_not_redacted(text: str) -> None:
    (found,) = find_secrets(f"one\n{text}")
    assert "an API key" in found
    assert "in line 2" in found
    assert "1234567890" not in found


HEADERS = ["Authorization", "api-key", "X-API-Key", "Cookie", "Set-Cookie", "openai-organization", "OpenAI-Project"]


@settings(deadline=None)
@given(st.sampled_from(HEADERS), mixed, st.sampled_from(["", "Bearer ", "Basic "]))
def test_a_secret_header_goes_and_so_does_its_echo(name: str, secret: str, scheme: str) -> None:
    body = f'{{"error": "no such key: {secret}"}}'.encode()
    clean = redact_exchange(exchange(sent=((name, scheme + secret),), body=body))
    assert secret not in repr(clean)
    assert clean.request.headers[0][0] == name
    assert json.loads(clean.request.body) == {"error": "no such key: redacted"}


def test_schemes_stay_and_empty_headers_stay_empty() -> None:
    clean = redact_exchange(exchange(sent=(("authorization", f"Bearer {KEY}"), ("api-key", ""))))
    assert clean.request.headers == (("authorization", "Bearer redacted"), ("api-key", ""))


@settings(deadline=None, max_examples=200)
@given(st.lists(mixed, min_size=1, max_size=4), st.data())
def test_streams_keep_their_events_and_arrivals_their_events(secrets: list[str], data: st.DataObject) -> None:
    frames = [f"event: e{n}\ndata: {json.dumps({'text': f'sk-{s}', 'n': n})}\n\n" for n, s in enumerate(secrets)]
    body = "".join(frames).encode()
    ends = sorted(data.draw(st.sets(st.integers(1, len(body)), max_size=6)) | {len(body)})
    arrivals = tuple((float(n), end) for n, end in enumerate(ends))
    clean = redact_exchange(exchange(received=(("content-type", "text/event-stream"),), body=body, arrivals=arrivals))
    assert clean.response is not None
    assert [event.json for event in clean.response.events] == [
        {"text": "sk-redacted", "n": n} for n in range(len(secrets))
    ]
    assert [event.arrived for event in clean.response.events] == [e.arrived for e in parse_events(body, arrivals)]
    assert clean.response.arrivals[-1][1] == len(clean.response.body)


def test_content_length_follows_the_body() -> None:
    body = f'"{KEY}"'.encode()
    right = exchange(received=(("Content-Length", str(len(body))),), body=body)
    wrong = exchange(received=(("Content-Length", "7"),), body=body)
    assert redact_exchange(right).response.headers == (("Content-Length", str(len(b'"sk-redacted"'))),)  # type: ignore[union-attr]
    assert redact_exchange(wrong).response.headers == (("Content-Length", "7"),)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    [
        '{"id":"asst_0VLdyfoSMFV4tQpzWUT2ywhg","thread_id":"thread_Wq2ScOs1iInUsyhUUDmN5NZH"}',
        "Basic arithmetic with JavaScript, and a bearer of bad news; Bearer authentication needs a key",
        "You need to provide your API key in an Authorization header (i.e. Authorization: Bearer YOUR_KEY)",
        'Bearer realm="OpenAI API"',
        "task-management-2024 and risk-assessment-1234567890 use sk-learn",
        "https://x.test/v1/threads?after=msg_1234567890abcdef&limit=2",
        "write to someone@example.test, or see http://x.test:8000/@someone",
        "proj_ and org-chart and organisation-1234567890abcdef",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact_text(text) == text
    assert find_secrets(text) == []


def test_a_short_or_plain_key_does_not_take_words_with_it() -> None:
    body = b'{"object":"assistant","id":"thread_9MtWbBZu0yAmytdTFV3qer0c"}'
    for key in ("assistant", "no-key-was-given", "thread_9MtWbBZu0yAmytdTFV3qer0c"):
        clean = redact_exchange(exchange(sent=(("authorization", f"Bearer {key}"),), body=body))
        assert clean.request.body == body


def test_bytes_that_are_no_text_stay() -> None:
    body = bytes(range(256)) + KEY.encode() + b"\xff"
    clean = redact_exchange(exchange(body=body))
    assert clean.request.body == bytes(range(256)) + b"sk-redacted\xff"


@pytest.mark.parametrize(
    "piece", ["eyJ-", "sk-*", "Bearer ", "://a:", "Basic aaaa", "__cf_bm=", "?key=", "eyJaaaaaaaa."]
)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    begun = time.process_time()
    text = piece * (400_000 // len(piece))
    redact_text(text)
    find_secrets(text)
    assert time.process_time() - begun < 30  # what is not linear takes hours


def test_real_recordings_lose_their_secrets_and_nothing_that_is_judged() -> None:
    for path in find([folder("raw")]):
        for row in read(path).rows:
            clean = redact_exchange(row.exchange)
            shown = [*clean.request.headers, *(clean.response.headers if clean.response else ())]
            assert not [hit for _, value in shown for hit in find_secrets(value)], path.name
            assert clean.request.body == row.exchange.request.body
            assert clean.response.body == row.exchange.response.body  # type: ignore[union-attr]
