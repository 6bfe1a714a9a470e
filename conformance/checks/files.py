"""Files: what an upload becomes, what stays of it, what is downloaded, and where it is listed."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from conformance.checks import lifecycle
from conformance.checks.asked import asked
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.holdings import Holdings
from conformance.checks.lifecycle import below
from conformance.checks.pages import Page, pages
from conformance.checks.uploads import Upload, uploads, uploads_by_id
from conformance.contract import Contract
from conformance.trace.json import is_integer, mapping, same, sequence, shown, text
from conformance.trace.order import before, successions
from conformance.trace.trace import Sighting, Trace

FILE = "file"
DRIFT = 1  # of times that are told by two answers, in seconds
LASTING = ("purpose", "filename", "bytes", "expires_at")
NOT_HANDED_OUT = frozenset({"assistants", "user_data"})


def _is_file(sighting: Sighting) -> bool:
    """Whether a sighting is a file, and not the answer to its deletion, which has the same constant."""
    return "deleted" not in sighting.value


@check("FILE-STATE-01")
def transitions(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A file that was processed or refused stays so."""
    for _, seen in trace.of_kind(FILE):
        yield from lifecycle.transitions(
            trace,
            tuple(one for one in seen if _is_file(one)),
            contract.lifecycles["file"],
            terminal="FILE-STATE-01",
            step="FILE-STATE-01",
            within_streams=False,
        )


@check("FILE-ECHO-*", "FILE-EXPIRY-*")
def uploaded(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """An upload becomes a file with the same purpose, name and size, which expires as was asked."""
    for one in uploads(trace, contract):
        if one.file.get("object") != FILE:
            continue
        wanted: list[tuple[str, str, str | None, set[str]]] = [
            ("FILE-ECHO-01", "purpose", one.purpose, {one.purpose or ""}),
            ("FILE-ECHO-02", "filename", one.filename, _names(one.filename)),
        ]
        for requirement, name, sent, accepted in wanted:
            told = one.file.get(name)
            if sent is None or not isinstance(told, str):
                continue
            yield Examined(requirement, one.asked.number)
            if told not in accepted:
                place = below(one.asked.where, name)
                yield Finding(requirement, place, f"{name} {shown(sent)}, as sent", f"{name} {shown(told)}")
        size = one.file.get("bytes")
        if is_integer(size):
            yield Examined("FILE-ECHO-03", one.asked.number)
            if size != len(one.content):
                expected = f"bytes {len(one.content)}, as many as were sent"
                yield Finding("FILE-ECHO-03", below(one.asked.where, "bytes"), expected, f"bytes {shown(size)}")
        yield from _expires(one)


def _names(sent: str) -> set[str]:
    """What a file may be called that was sent under a name: clients escape quotes, servers cut off folders."""
    plain = {sent, unquote(sent)}
    return plain | {name.replace("\\", "/").rpartition("/")[2] for name in plain}


def _expires(one: Upload) -> Iterator[Observation]:
    created, expires = one.file.get("created_at"), one.file.get("expires_at")
    place = below(one.asked.where, "expires_at")
    if one.seconds is not None and is_integer(created) and (expires is None or is_integer(expires)):
        yield Examined("FILE-EXPIRY-01", one.asked.number)
        wanted = created + one.seconds
        if expires is None or abs(expires - wanted) > DRIFT:
            expected = f"expires_at {shown(wanted)}, {shown(one.seconds)} seconds after created_at"
            yield Finding("FILE-EXPIRY-01", place, expected, f"expires_at {shown(expires)}")
    if one.seconds is None and one.purpose not in (None, "batch") and "expires_at" in one.file:
        if expires is not None and not is_integer(expires):
            return
        yield Examined("FILE-EXPIRY-02", one.asked.number)
        if expires is not None:
            expected = "expires_at null where no expiration was sent"
            yield Finding("FILE-EXPIRY-02", place, expected, f"expires_at {shown(expires)}")


@check("FILE-KEEP-01")
def kept(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A file is the same whenever it is shown."""
    for _, seen in trace.of_kind(FILE):
        for later, predecessors in successions(trace, [one for one in seen if _is_file(one)], within_streams=False):
            earlier = predecessors[0]
            for name in LASTING:
                if name not in earlier.value or name not in later.value:
                    continue
                yield Examined("FILE-KEEP-01", later.where.exchange)
                if not same(earlier.value[name], later.value[name]):
                    yield Finding(
                        "FILE-KEEP-01",
                        below(later.where, name),
                        f"{name} {shown(earlier.value[name])} as in exchange {earlier.where.exchange}",
                        f"{name} {shown(later.value[name])}",
                    )


@check("FILE-CONTENT-01", "FILE-CONTENT-02", "LIMIT-FILE-10")
def content(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What is downloaded is what was uploaded, and as long as the file says."""
    known = uploads_by_id(trace, contract)
    files = {file_id: [one for one in seen if _is_file(one)] for file_id, seen in trace.of_kind(FILE)}
    for one in asked(trace, contract):
        response, file_id = one.exchange.response, one.path.get("file_id", "")
        if one.operation != "downloadFile" or response is None or response.status >= 500 or not response.complete:
            continue
        shown_before = [f for f in files.get(file_id, ()) if before(trace.exchange(f.where.exchange), one.exchange)]
        told = shown_before[-1].value if shown_before else {}
        if told.get("purpose") in NOT_HANDED_OUT and (one.ok or one.status == 400):
            yield Examined("LIMIT-FILE-10", one.number)
            if one.ok:
                expected = f"a refusal: the purpose is {shown(told['purpose'])}"
                yield Finding("LIMIT-FILE-10", one.where, expected, f"status {one.status}")
        # Recordings often leave binary bodies out.
        if not one.ok or not response.body:
            continue
        size = told.get("bytes")
        if file_id in known:
            yield Examined("FILE-CONTENT-01", one.number)
            if response.body != known[file_id].content:
                expected = f"the {len(known[file_id].content)} bytes of exchange {known[file_id].asked.number}"
                yield Finding("FILE-CONTENT-01", one.where, expected, f"{len(response.body)} bytes, not the same")
        # A wrong size of a known upload has been told when it was uploaded: FILE-ECHO-03.
        if is_integer(size) and (file_id not in known or size == len(response.body)):
            yield Examined("FILE-CONTENT-02", one.number)
            if size != len(response.body):
                expected = f"{shown(size)} bytes, as the file says"
                yield Finding("FILE-CONTENT-02", one.where, expected, f"{len(response.body)} bytes")


@check("FILE-LIST-01")
def listed(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A file that was uploaded is on every page that must hold it."""
    holdings = Holdings(trace, contract)
    made = [(one, one.answer["id"]) for one in holdings.requests if _made_file(one.operation, one.ok, one.answer)]
    for page in pages(trace, contract):
        if not _is_all(page):
            continue
        for one, file_id in made:
            purpose = page.query.get("purpose")
            if file_id in holdings.expiring or not before(one.exchange, page.asked.exchange):
                continue
            if purpose and one.answer.get("purpose") != purpose:
                continue
            if any(
                gone.operation == "deleteFile"
                and gone.path.get("file_id") == file_id
                and not before(page.asked.exchange, gone.exchange)
                for gone in holdings.removals
            ):
                continue
            yield Examined("FILE-LIST-01", page.number)
            if file_id not in page.ids:
                expected = f"{shown(file_id)}, uploaded in exchange {one.number}, on the list"
                yield Finding("FILE-LIST-01", below(page.where, "data"), expected, f"{len(page.ids)} other files")


def _made_file(operation: str, ok: bool, answer: dict[str, object]) -> bool:
    return operation == "createFile" and ok and isinstance(answer.get("id"), str)


def _is_all(page: Page) -> bool:
    """Whether a page is the whole list of files, or of those of one purpose."""
    return page.asked.operation == "listFiles" and page.is_beginning and page.has_more is False


@check("FILE-OUTPUT-01")
def outputs(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A file that the code interpreter made is one of the assistant's output."""
    made = set(_made_by_code(trace))
    for file_id, seen in trace.of_kind(FILE):
        for sighting in seen:
            purpose = sighting.value.get("purpose")
            if file_id not in made or not isinstance(purpose, str) or _is_upload(sighting, trace):
                continue
            yield Examined("FILE-OUTPUT-01", sighting.where.exchange)
            if purpose != "assistants_output":
                place, expected = below(sighting.where, "purpose"), 'purpose "assistants_output"'
                yield Finding("FILE-OUTPUT-01", place, expected, f"purpose {shown(purpose)}")


def _is_upload(sighting: Sighting, trace: Trace) -> bool:
    exchange = trace.exchange(sighting.where.exchange)
    return exchange.request.method != "GET"


def _made_by_code(trace: Trace) -> Iterator[str]:
    """The files that steps show as images the code interpreter put out."""
    for _, seen in trace.of_kind("thread.run.step"):
        for sighting in seen:
            for call in sequence(mapping(sighting.value.get("step_details")).get("tool_calls")):
                for output in sequence(mapping(mapping(call).get("code_interpreter")).get("outputs")):
                    file_id = text(mapping(mapping(output).get("image")).get("file_id"))
                    if file_id:
                        yield file_id
