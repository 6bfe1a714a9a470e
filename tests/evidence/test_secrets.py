"""A secret survives in no spelling; what is none stays; what the redaction misses is not written."""

import base64
import html
import json
import string
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import conformance
from conformance import contract
from conformance.client.target import resolve
from conformance.evidence.curl import curl
from conformance.evidence.redaction import redact_exchange
from conformance.evidence.secrets import WITHHELD, find_secrets, redact_text
from conformance.trace.exchange import Exchange, Headers, Request, Response

LETTERS = string.ascii_letters + string.digits
ODD = LETTERS + "-_.~+/=*!$%&'\"\\<>@#:;,()[]{}|^`?"
"""What a key may be made of: everything that a header can carry, but the blank."""

known_keys = st.text(ODD, min_size=10, max_size=40).map(lambda text: f"k1{text}")
spelled_keys = st.text(LETTERS + "-_", min_size=20, max_size=48).map(lambda text: f"sk-A1{text}")
around = st.text(LETTERS + " \n\t,.:;()[]{}é🙂", max_size=20)

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda key: key,
    "in capitals": str.upper,
    "in JSON": lambda key: json.dumps({"echo": key}),
    "in JSON in JSON": lambda key: json.dumps({"echo": json.dumps({"api-key": key})}),
    "escaped": lambda key: "".join(f"\\u{ord(letter):04x}" for letter in key),
    "escaped in part": lambda key: key[:5] + "".join(f"\\u{ord(letter):04X}" for letter in key[5:]),
    "percent": lambda key: "".join(f"%{ord(letter):02X}" for letter in key),
    "in a query": lambda key: f"https://x.test/v1/files?limit=1&after={quote(key, safe='')}",
    "in a JSON pointer": lambda key: f"/metadata/{key.replace('~', '~0').replace('/', '~1')}",
    "percent twice": lambda key: "".join(f"%25{ord(letter):02x}" for letter in key),
    "JSON in JSON in JSON": lambda key: json.dumps(json.dumps(json.dumps(key))),
    "base64 without padding": lambda key: base64.urlsafe_b64encode(f"ab{key}".encode()).decode().rstrip("="),
    "printed by Python": lambda key: repr({"api_key": key}),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "basic authentication": lambda key: "basic: " + base64.b64encode(f"someone:{key}".encode()).decode(),
    "base64 for URLs": lambda key: base64.urlsafe_b64encode(f"a{key}b".encode()).decode(),
    "hexadecimal": lambda key: key.encode().hex(),
    "within a word": lambda key: f"thread_{key}_1",
}
SELDOM: dict[str, Callable[[str], str]] = {
    "in HTML": lambda key: f"<p>{html.escape(key)}</p>",
    "HTML entities": lambda key: "".join(f"&#{ord(letter)};" for letter in key),
    "HTML in HTML": lambda key: html.escape("".join(f"&#x{ord(letter):x};" for letter in key)),
    "a JSON escape, percent-encoded": lambda key: "".join(f"%5Cu{ord(letter):04x}" for letter in key),
}
"""Spellings that only the second look knows: a text that has one is withheld, a file that has one is not written."""


def plain(text: str) -> list[str]:
    """A text in every way that somebody could read it, by means of this test's own."""
    readings = [text]
    for undo in (unquote, html.unescape, lambda one: one.replace("\\\\", "\\").encode().decode("unicode_escape")):
        try:
            readings += [undo(one) for one in list(readings)]
        except UnicodeDecodeError:
            continue
    for word in text.replace('"', " ").replace(":", " ").split():
        for start in range(4):
            body = word[start:].rstrip("=").replace("-", "+").replace("_", "/")
            body = "".join(letter if letter in LETTERS + "+/" else "A" for letter in body)
            body = body[: len(body) // 4 * 4]
            readings.append(base64.b64decode(body).decode("latin-1"))
    return readings


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # a backslash at the end of a key may stay
@settings(deadline=None, max_examples=400)
@given(known_keys, st.sampled_from(sorted(SPELLINGS)), around, around)
def test_a_known_key_survives_in_no_spelling(key: str, spelling: str, before: str, after: str) -> None:
    beside = f"{before} {after}".lower()
    assume(key.lower() not in beside)
    text = f"{before} {SPELLINGS[spelling](key)} {after}"
    clean = redact_text(text, (key,))
    assert not [one for one in plain(clean) if key.lower() in one.lower()]
    assert find_secrets(clean, (key,)) == []
    assert redact_text(clean, (key,)) == clean
    assert clean == WITHHELD or (clean.startswith(before) and clean.endswith(after))
    assert "\\" in key or clean != WITHHELD  # a backslash before an escape can be read in two ways


@settings(deadline=None, max_examples=200)
@given(known_keys, st.sampled_from(sorted(SPELLINGS | SELDOM)), around)
def test_the_second_look_finds_a_known_key_in_any_spelling_and_never_shows_it(
    key: str, spelling: str, before: str
) -> None:
    key = key.replace("\\", "-")  # one that stands before an escape can be read in two ways, and the look reads one
    text = f"{before}\n {(SPELLINGS | SELDOM)[spelling](key)}"
    found = find_secrets(text, (key,))
    assert [one for one in found if "the API key in use" in one]
    assert not [one for one in found if key in one]
    if spelling == "as it is":
        assert f"in line {text.count(chr(10)) + 1}" in found[-1]


@settings(deadline=None, max_examples=200)
@given(spelled_keys)
def test_the_fixed_word_is_no_cloak(key: str) -> None:
    """`sk-redacted-…` is a key like any other; it passed both halves once."""
    for text in (f"sk-redacted-{key}", f"sk-redacted{key}", f'"api_key": "redacted{key}"', f"?api-key=redacted-{key}"):
        assert key not in redact_text(text)
    assert find_secrets(f"sk-redacted-{key}")


PIECES = ["sk-", "sess-", "Bearer ", "Basic ", "eyJ", "org-", "proj_", "api-key: ", "?api-key=", "&", "=", "__cf_bm="]
PIECES += [
    "://",
    ":",
    "@",
    ".",
    "-",
    "_",
    "*",
    "/",
    "+",
    " ",
    '"',
    "'",
    "\\",
    "\n",
    "é",
    "redacted",
    "abc",
    "Zz9",
    "%2d",
]
PIECES += ["1234567890abcdefgh", "dXNlcjpwYXNz", '"api_key": "', '\\"password\\": \\"', "'access_token': '"]
PIECES += ["\\u002d", "Ab1-xyz%2", '"Q9\\zz7', 'Ab1-xyz%2"Q9\\zz7']


@settings(deadline=None, max_examples=600)
@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
def test_the_second_scan_is_content_with_what_the_redaction_leaves_and_twice_is_once(text: str) -> None:
    known = ('Ab1-xyz%2"Q9\\zz7',)
    clean = redact_text(text, known)
    assert find_secrets(clean, known) == []
    assert redact_text(clean, known) == clean


@pytest.mark.parametrize("escape", ["\\n", "\\t", "\\u002f", "%2F", "%22", "\\\\n"])
@pytest.mark.parametrize(
    "secret",
    ["sk-proj-abcdefghijk1234567890", "Bearer abcdefghijk1234567890", "org-abcdefghijk1234567890", "__cf_bm=abc.123"],
)
def test_the_end_of_an_escape_is_no_part_of_a_word(escape: str, secret: str) -> None:
    text = f"/v1/x{escape}{secret}"
    kept = redact_text(text)
    assert secret[-10:] not in kept
    assert kept.startswith(f"/v1/x{escape}")


def test_harmless_text_stays() -> None:
    key = "sk-proj-0123456789abcdefABCDEF"
    loaded = contract.load()
    texts = [requirement.rule for requirement in loaded.requirements.values()]
    texts += [path.read_text() for path in Path(conformance.__file__).parents[1].glob("specs/**/*.yaml")]
    texts += ['{"max_tokens": 12, "token": " the", "tokens": [1]}', "a bearer of news; basic things; the key is lost"]
    for text in texts:
        assert redact_text(text, (key,)) == text
        assert find_secrets(text, (key,)) == []


@settings(deadline=None, max_examples=300)
@given(st.text(string.ascii_lowercase + " \n.,{}[]\"':0123456789-_é", max_size=200))
def test_text_without_a_secret_stays(text: str) -> None:
    signs = ("sk-", "sess-", "org-", "proj_", "bearer ", "basic ", "api-key", "api_key", "password", "://", "eyj")
    if not any(sign in text.lower() for sign in signs):
        assert redact_text(text, ("Q7-odd-key-of-an-emulator",)) == text


@pytest.mark.parametrize("key", ["dummy", "test", "none", "EMPTY", "1234567", "assistants", "completed", "gpt-4o-mini"])
def test_a_key_that_is_no_secret_takes_no_word_with_it(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", key)
    assert resolve("http://127.0.0.1:1/v1", api_key_env="SOME_KEY").secrets == ()


@pytest.mark.parametrize(
    "key", ["local-server-key", "hunter22", "sk-0123456789abcdef", "0f8fad5bd9cb469fa165708677289501"]
)
def test_a_key_that_may_be_one_is_known(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", f" {key}\n")
    assert resolve("http://127.0.0.1:1/v1", api_key_env="SOME_KEY").secrets == (key,)


def test_a_word_as_the_key_leaves_a_command_as_it_is() -> None:
    headers = Headers([("Authorization", "Bearer assistants")])
    request = Request("GET", "http://x.test/v1/assistants?limit=1", headers, b"")
    told = curl(Exchange(1, request, None, failure="gone"))
    assert "http://x.test/v1/assistants?limit=1" in told
    assert '"Authorization: Bearer $OPENAI_API_KEY"' in told


@pytest.mark.parametrize("text", ["passwords", "xhunter22x", "1hunter22"])
def test_a_short_key_goes_as_a_word_only(text: str) -> None:
    assert redact_text(f"{text} hunter22 'hunter22'", ("hunter22",)) == f"{text} redacted 'redacted'"


def stream(pieces: list[str], *, escaped: bool) -> bytes:
    """A stream that brings a text piece by piece, and then whole."""
    events = [
        (
            "thread.message.delta",
            {
                "id": "msg_1",
                "object": "thread.message.delta",
                "delta": {"content": [{"index": 0, "type": "text", "text": {"value": piece, "annotations": []}}]},
            },
        )
        for piece in pieces
    ]
    whole = {"id": "msg_1", "object": "thread.message", "content": [{"text": {"value": "".join(pieces)}}]}
    frames = [
        f"event: {name}\ndata: {json.dumps(data, ensure_ascii=escaped)}\n\n"
        for name, data in [*events, ("thread.message.completed", whole)]
    ]
    return "".join(frames).encode()


@settings(deadline=None, max_examples=250)
@given(
    st.one_of(spelled_keys.map(lambda key: (key, ())), known_keys.map(lambda key: (key, (key,)))),
    around,
    around,
    st.lists(st.integers(0, 80), max_size=12),
    st.booleans(),
)
def test_a_key_that_deltas_bring_piece_by_piece_goes_and_the_text_is_the_same_whole(
    told: tuple[str, tuple[str, ...]], before: str, after: str, cuts: list[int], escaped: bool
) -> None:
    key, known = told
    text = f"{before} {key} {after}"
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[start:end] for start, end in pairwise(edges)]
    body = stream(pieces, escaped=escaped)
    headers = Headers([("content-type", "text/event-stream")])
    arrivals = tuple((float(n), len(body) * n // 5) for n in range(1, 6))
    exchange = Exchange(
        1, Request("POST", "http://x.test/v1/threads/runs", Headers(), b"{}"), Response(200, headers, body, arrivals)
    )
    clean = redact_exchange(exchange, known).response
    assert clean is not None
    *deltas, last = [event.json for event in clean.events]
    joined = "".join(event["delta"]["content"][0]["text"]["value"] for event in deltas)  # type: ignore[index, call-overload]
    assert key not in joined
    assert key not in clean.body.decode()
    assert joined == last["content"][0]["text"]["value"]  # type: ignore[index, call-overload]
    assert len(deltas) == len(pieces)
    assert clean.arrivals[-1][1] == len(clean.body)


@pytest.mark.parametrize("left", [4, 15, 25, 39])
@pytest.mark.parametrize("way", ["as it is", "escaped", "percent", "hexadecimal"])
def test_a_key_that_we_cut_is_a_key(way: str, left: int) -> None:
    key = "sk-proj-abcdefghijklmnopqrstuvwx1234567890"
    text = f"type {'x' * 200} {SPELLINGS[way](key[:left])}… (300 characters)"
    assert redact_text(text, (key,)) == f"type {'x' * 200} redacted… (300 characters)"


PROJECT_KEY = "sk-proj-Planted0123456789abcdefXYZ"
PLAIN_KEYS = [PROJECT_KEY, "0f8fad5bd9cb469fa165708677289501", "odd+key/of=no.known~form-77"]
WHOLE_ONLY = ["hunter22-x", "hunter-two-key", "assistant-runs"]


@pytest.mark.parametrize("spelling", sorted(SPELLINGS))
@pytest.mark.parametrize("key", [*PLAIN_KEYS, *WHOLE_ONLY])
def test_both_halves_know_every_spelling_that_the_security_page_lists(key: str, spelling: str) -> None:
    if key in WHOLE_ONLY and spelling in ("in capitals", "within a word"):
        return  # such a key is known as a word only
    text = f"before {SPELLINGS[spelling](key)} after"
    assert find_secrets(text, (key,))
    clean = redact_text(text, (key,))
    assert clean not in (text, WITHHELD)
    assert (clean[:7], clean[-6:]) == ("before ", " after")
    assert find_secrets(clean, (key,)) == []


@pytest.mark.parametrize("spelling", sorted(SELDOM))
def test_a_text_with_a_spelling_that_only_the_second_look_knows_is_withheld(spelling: str) -> None:
    key = "odd<key>of=no.known&form-77"
    assert redact_text(f"before {SELDOM[spelling](key)} after", (key,)) == WITHHELD


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("assistant-runs-2024", "the assistant-runs of 2024, an assistant-run"),
        ("localserverkey1", "a localserver, a localserve"),
        ("local-server-key-1a", "the local-server-key"),
        ("sk-proj-Planted0123456789abcdefXYZ", "keys begin with sk-proj- or sk-proj"),
        ("test-key", "a test-keyboard, test and key"),
        ("aaaa-bbbb-cccc-assistant1", "this assistant1"),
        ("a9Q-list-of-assistant-runs-2024-x7Z", "a list-of-assistant-runs-2024 and assistant-run"),
        ("Q7x-20240611123456-9zK", "at 20240611123456"),
    ],
)
def test_words_that_a_key_begins_or_ends_with_stay(key: str, text: str) -> None:
    assert redact_text(text, (key,)) == text
    assert find_secrets(text, (key,)) == []


HOSTILE_RUNS = [
    "sk-",
    "sk-proj-Plante",
    "sk-proj-Planted0 ",
    "\\",
    "%",
    "&",
    "\\u005",
    "%5c",
    '"password": "',
    '\\"password',
]
HOSTILE_RUNS += [
    "://a",
    "eyJ",
    "A",
    "bearer ",
    "Bearer" + " " * 50,
    "?key=",
    "\n",
    '"value":"',
    "9abcdefXYZ",
    "sk-a1b2c3d4e5f6 ",
    "…",
    "sk-p…",
    "~1",
]


@pytest.mark.parametrize("unit", HOSTILE_RUNS)
def test_no_text_takes_more_than_linear_time(unit: str) -> None:
    """Ten times the text took a hundred times as long with `\\\\` over and over, and with the beginning of the key."""

    def seconds(length: int) -> float:
        text = 'data: x.delta"' + unit * (length // len(unit))
        begun = time.process_time()
        redact_text(text, (PROJECT_KEY,))
        find_secrets(text, (PROJECT_KEY,))
        return time.process_time() - begun

    seconds(1000)
    short = max(min(seconds(10_000) for _ in range(3)), 0.02)
    # A busy machine only ever adds time; what is not linear takes a hundred times as long every time.
    assert any(seconds(100_000) < 20 * short for _ in range(5))
