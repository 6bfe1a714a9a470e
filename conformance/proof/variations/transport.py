"""Variations of how answers travel: headers, content codings, chunks, connections, protocol."""

from collections.abc import Callable, Iterator

from conformance.proof.interception import Answer
from conformance.proof.variations.variation import Variation, VariationContext

HTTP = "RFC 9110"
SAMPLE = ("runs", "streams", "errors", "lists", "files", "assistants", "search", "tools")
"""Areas enough to see every kind of answer."""


def _renamed(make: Callable[[bytes], bytes]) -> Callable[[Answer, VariationContext], None]:
    """Write the names of headers otherwise."""

    def head(answer: Answer, _: VariationContext) -> None:
        answer.headers.raw[:] = [(make(name), value) for name, value in answer.headers.raw]

    return head


def _more_headers(answer: Answer, _: VariationContext) -> None:
    answer.headers.raw.extend(
        [
            (b"CF-RAY", b"83a2f3a7d8fb1a2b-AMS"),
            (b"cf-cache-status", b"DYNAMIC"),
            (b"Set-Cookie", b"__cf_bm=a; path=/; HttpOnly"),
            (b"Set-Cookie", b"_cfuvid=b; path=/; HttpOnly"),
            (b"alt-svc", b'h3=":443"; ma=86400'),
            (b"x-ratelimit-remaining-requests", b"9999"),
            (b"apim-request-id", b"1f2e3d4c"),
            (b"x-ms-region", b"Sweden Central"),
            (b"x-empty", b""),
        ]
    )


def _charset(answer: Answer, _: VariationContext) -> None:
    if answer.headers.get("content-type") == "application/json":
        del answer.headers["content-type"]
        answer.headers.raw.append((b"Content-Type", b"Application/JSON; charset=utf-8"))


def _no_charset(answer: Answer, _: VariationContext) -> None:
    if answer.is_stream:
        answer.headers["content-type"] = "text/event-stream"


def _without(*names: str) -> Callable[[Answer, VariationContext], None]:
    """Leave headers out."""

    def head(answer: Answer, _: VariationContext) -> None:
        for name in names:
            del answer.headers[name]

    return head


_SERVICE_HEADERS = ("openai-organization", "openai-processing-ms", "openai-version", "x-content-type-options")
_chunked = _without("content-length")


def _old_request_id(answer: Answer, context: VariationContext) -> None:
    answer.headers["x-request-id"] = f"{context.chance.getrandbits(128):032x}"


def _closing(answer: Answer, _: VariationContext) -> None:
    answer.headers["connection"] = "close"


def _anywhere(data: bytes, context: VariationContext) -> Iterator[bytes]:
    """Pieces of one to a hundred bytes, at most thirty of them."""
    for _ in range(30):
        if not data:
            return
        size = context.chance.randint(1, 100)
        yield data[:size]
        data = data[size:]
    if data:
        yield data


def _bytes(data: bytes, _: VariationContext) -> Iterator[bytes]:
    """Single bytes; of long bodies the first and the last hundred."""
    middle = data[100:-100] if len(data) > 1000 else b""
    ends = (data[:100], data[-100:]) if middle else (data, b"")
    for byte in ends[0]:
        yield bytes([byte])
    if middle:
        yield middle
    for byte in ends[1]:
        yield bytes([byte])


VARIATIONS = (
    Variation(
        "title_case_headers",
        "The names of headers are in title case.",
        f"{HTTP} section 5.1",
        head=_renamed(bytes.title),
    ),
    Variation(
        "upper_case_headers",
        "The names of headers are in capitals.",
        f"{HTTP} section 5.1",
        SAMPLE,
        head=_renamed(bytes.upper),
    ),
    Variation(
        "more_headers",
        "Answers have the headers of a content network, of Azure and of a proxy as well.",
        "Recorded on api.openai.com and on Azure.",
        SAMPLE,
        head=_more_headers,
    ),
    Variation(
        "json_with_charset",
        "JSON is sent as Application/JSON; charset=utf-8.",
        f"{HTTP} section 8.3.1: types ignore case and take parameters; Starlette and FastAPI servers do so.",
        head=_charset,
    ),
    Variation(
        "stream_without_charset",
        "Streams are sent as text/event-stream without a charset.",
        f"{HTTP} section 8.3.1; WHATWG HTML: streams are always UTF-8.",
        ("streams", "file_search", "code_interpreter"),
        head=_no_charset,
    ),
    Variation(
        "no_service_headers",
        "Answers lack openai-version, openai-organization and openai-processing-ms.",
        "Azure answers without them.",
        SAMPLE,
        head=_without(*_SERVICE_HEADERS),
    ),
    Variation(
        "old_request_ids",
        "Request ids are 32 hexadecimal digits without a prefix.",
        "So recorded up to January 2024 (alexrudall/ruby-openai).",
        SAMPLE,
        head=_old_request_id,
    ),
    Variation(
        "closed_connections", "The connection is closed after each answer.", "RFC 9112 section 9.6", head=_closing
    ),
    Variation("chunked", "Answers are chunked instead of having a length.", "RFC 9112 section 7.1", head=_chunked),
    Variation(
        "any_chunks",
        "Bodies and events are cut at arbitrary places.",
        "RFC 9112 section 7.1: chunks carry no meaning.",
        head=_chunked,
        cut=_anywhere,
    ),
    Variation(
        "single_bytes",
        "Bodies and events are sent byte by byte, characters cut in their midst.",
        "RFC 9112 section 7.1: chunks carry no meaning.",
        ("streams", "runs", "errors", "messages"),
        head=_chunked,
        cut=_bytes,
    ),
    Variation("gzip", "Answers and streams are sent with gzip.", f"{HTTP} section 8.4", encode="gzip"),
    Variation("deflate", "Answers and streams are sent with deflate.", f"{HTTP} section 8.4", SAMPLE, encode="deflate"),
    Variation(
        "http_1_0",
        "Answers are HTTP/1.0, whose streams end with the connection.",
        "RFC 9112 section 6.3: a body without length and chunks ends with the connection.",
        SAMPLE,
        old_protocol=True,
    ),
    Variation(
        "deeper_path",
        "The API is served under /gateway/openai, before its /v1.",
        "Azure and gateways serve it below a path of their own; clients are given the base URL.",
        SAMPLE,
        prefix="/gateway/openai",
    ),
)
