"""A request as a command line for curl."""

import base64
import gzip
import re
from shlex import quote
from urllib.parse import quote as percent
from urllib.parse import urlsplit

from conformance.trace.exchange import Exchange, Request

KEY = "$OPENAI_API_KEY"
REPEATED_HEADERS = ("content-type", "accept", "openai-beta")
CREDENTIALS = ("authorization", "api-key", "x-api-key")
BODY_METHODS = ("POST", "PUT", "PATCH")
INLINE_BODY = 1000
LONGEST_BODY = 60_000
NO_HOST = "http://localhost"

_SLOT = "\x00"  # stands for the key until the shell's quoting is known; no printable text has it


def curl(exchange: Exchange, base_url: str | None = None) -> str:
    """One line for a POSIX shell that sends the exchange's request again and shows status, headers and body.

    With `base_url` the request goes to its host (and below its path, unless the path is there already). For the
    credentials of a header stands `$OPENAI_API_KEY`, where the shell puts the key in; anything else is told as it is:
    give an exchange without secrets. A body that is long or not printable is packed (gzip, base64); one that stays
    beyond 60,000 characters is to be given in a file named `request-body`. The host is the recorded one: where
    recordings are not trusted, name a `base_url`.
    """
    request = exchange.request
    words = ["curl", "-sS", "-i"]
    if _streams(exchange):
        words.append("--no-buffer")
    sends = bool(request.body) or request.method in BODY_METHODS
    url = _url(request, base_url)
    if re.search(r"[][{}]", url):
        words.append("--globoff")
    if re.search(r"/\.\.?(/|$)", url.partition("?")[0]):
        words.append("--path-as-is")
    if request.method == "HEAD":
        words.append("--head")
    elif request.method != ("POST" if sends else "GET"):
        words += ["-X", quote(_printable(request.method))]
    words.append(quote(url))
    for field in _credential_fields(request):
        words += ["-H", _word(field)]
    for field in _other_fields(request):
        words += ["-H", quote(field)]
    if not sends:
        return " ".join(words)
    before, option = _body(request)
    return " ".join([*before, *words, *option])


def _streams(exchange: Exchange) -> bool:
    asked = exchange.request.json
    answered = exchange.response is not None and exchange.response.is_stream
    return answered or (isinstance(asked, dict) and asked.get("stream") is True)


def _url(request: Request, base_url: str | None) -> str:
    try:
        parts = request.parts
    except ValueError:  # such as an unclosed IPv6 bracket: curl is to say what it makes of it
        return _percented(re.sub(r"//[^/@]*@", "//", request.url))
    path = parts.path
    if base_url is not None:
        base = urlsplit(base_url)
        prefix = base.path.rstrip("/")
        origin = f"{base.scheme}://{_host(base.netloc)}"
        path = path if path == prefix or path.startswith(f"{prefix}/") else f"{prefix}{path}"
    else:
        origin = f"{parts.scheme}://{_host(parts.netloc)}" if parts.netloc else NO_HOST
    return _percented(f"{origin}{path}?{parts.query}" if parts.query else f"{origin}{path}")


def _percented(url: str) -> str:
    return re.sub(r"[^\x21-\x7e]", lambda match: percent(match[0], errors="replace"), url)


def _host(netloc: str) -> str:
    return netloc.rpartition("@")[2]


def _credential_fields(request: Request) -> list[str]:
    fields = []
    for name in CREDENTIALS:
        for value in request.headers.all(name):
            scheme, space, secret = value.strip().partition(" ")
            told = f"{_printable(scheme)} {_SLOT}" if space and secret else _SLOT
            fields.append(f"{_title(name)}: {told}" if value.strip() else f"{_title(name)};")
    return fields


def _other_fields(request: Request) -> list[str]:
    fields = [
        f"{_title(name)}: {_printable(value)}" if value.strip() else f"{_title(name)};"
        for name in REPEATED_HEADERS
        for value in request.headers.all(name)
        if value != "*/*"
    ]
    if (request.body or request.method in BODY_METHODS) and request.headers.get("content-type") is None:
        fields.append("Content-Type:")  # curl would send that of a form
    return fields


def _title(name: str) -> str:
    return {"openai-beta": "OpenAI-Beta"}.get(name, name.title() if name != "api-key" else name)


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())


def _body(request: Request) -> tuple[list[str], list[str]]:
    """The words before curl and after its headers that bring the body."""
    text = _inline(request)
    if text is not None and len(text) <= INLINE_BODY:
        return [], ["--data-raw", quote(text)]
    packed = base64.b64encode(gzip.compress(request.body, mtime=0)).decode()
    if text is not None and len(text) <= len(packed):
        if len(text) <= LONGEST_BODY:
            return [], ["--data-raw", quote(text)]
    elif len(packed) <= LONGEST_BODY:
        return ["echo", packed, "|", "base64", "-d", "|", "gunzip", "|"], ["--data-binary", "@-"]
    return [], ["--data-binary", "@request-body"]


def _inline(request: Request) -> str | None:
    """The body as one printable line, or None where it cannot be one."""
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        return None
    if request.json is not None:
        text = re.sub(r"[\r\n\t]+ *", " ", text)  # JSON has no raw line breaks inside its strings, so these are layout
    return text if text.isprintable() else None


def _word(field: str) -> str:
    """A header field as one word of a shell command, with the shell variable that holds the key."""
    if not re.search(r"[\"\\`$!]", field):
        return '"' + field.replace(_SLOT, KEY) + '"'
    return quote(field).replace(_SLOT, f"'\"{KEY}\"'")
