"""Files: what an upload becomes, what stays of it, what is downloaded, and where it is listed."""

from collections.abc import Iterator
from urllib.parse import unquote

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared import lifecycle
from conformance.checks.shared.deletions import Deletions, judge_gone
from conformance.checks.shared.unchanged import judge_unchanged
from conformance.trace.calls import OperationCall
from conformance.trace.history import History
from conformance.trace.hosted_calls import hosted_calls
from conformance.trace.index import Index
from conformance.trace.json import format_value, is_integer, mapping, sequence, text
from conformance.trace.order import before
from conformance.trace.store_contents import StoreContents
from conformance.trace.uploads import Upload, uploads, uploads_by_id

FILE = "file"
DRIFT_S = 1  # of times in two answers
LASTING = ("purpose", "filename", "bytes", "expires_at")
NOT_HANDED_OUT = frozenset({"assistants", "user_data"})
ON_FILES = frozenset({"retrieveFile", "downloadFile", "deleteFile"})


def _histories(index: Index) -> dict[str, History]:
    """What is shown of each file, without the answers to its deletion, which have the same constant."""
    return {
        file_id: history.where(lambda sighting: "deleted" not in sighting.value)
        for file_id, history in index.objects(FILE).items()
    }


@check("FILE-STATE-01")
def transitions(index: Index) -> Iterator[Observation]:
    """A file that was processed or refused stays so."""
    for history in index.view(_histories).values():
        yield from lifecycle.transitions(history, index.contract.lifecycles["file"], "FILE-STATE-01")


@check("FILE-ECHO-*", "FILE-EXPIRY-*")
def uploaded(index: Index) -> Iterator[Observation]:
    """An upload becomes a file with the same purpose, name and size, which expires as was asked."""
    for upload in index.view(uploads):
        file, call = upload.file, upload.call
        if file.get("object") != FILE:
            continue
        wanted: list[tuple[str, str, str, str | None, set[str]]] = [
            ("FILE-ECHO-01", "purpose", "purpose", upload.purpose, {upload.purpose or ""}),
            ("FILE-ECHO-02", "filename", "file", upload.filename, _names(upload.filename)),
        ]
        for requirement, name, part, sent, accepted in wanted:
            value = file.get(name)
            if sent is None or not isinstance(value, str):
                continue
            yield Examined(requirement, call.number)
            if value not in accepted:
                expected = f"{name} {format_value(sent)}, as sent"
                yield Finding(requirement, call.where.below(name), expected, f"{name} {format_value(value)}", part)
        size = file.get("bytes")
        if is_integer(size):
            yield Examined("FILE-ECHO-03", call.number)
            if size != len(upload.content):
                expected = f"bytes {len(upload.content)}, as many as were sent"
                told = f"bytes {format_value(size)}"
                yield Finding("FILE-ECHO-03", call.where.below("bytes"), expected, told, "file")
        yield from _expires(upload)


def _names(sent: str) -> set[str]:
    """What a file may be called that was sent under a name: clients escape quotes, servers cut off folders."""
    plain = {sent, unquote(sent)}
    return plain | {name.replace("\\", "/").rpartition("/")[2] for name in plain}


def _expires(upload: Upload) -> Iterator[Observation]:
    created, expires = upload.file.get("created_at"), upload.file.get("expires_at")
    number, place = upload.call.number, upload.call.where.below("expires_at")
    if expires is not None and not is_integer(expires):
        return
    if upload.seconds is not None and is_integer(created):
        yield Examined("FILE-EXPIRY-01", number)
        wanted = created + upload.seconds
        if expires is None or abs(expires - wanted) > DRIFT_S:
            expected = f"expires_at {format_value(wanted)}, {format_value(upload.seconds)} seconds after created_at"
            yield Finding("FILE-EXPIRY-01", place, expected, f"expires_at {format_value(expires)}", "expires_after")
    if upload.seconds is None and upload.purpose not in (None, "batch") and "expires_at" in upload.file:
        yield Examined("FILE-EXPIRY-02", number)
        if expires is not None:
            expected = "expires_at null where no expiration was sent"
            yield Finding("FILE-EXPIRY-02", place, expected, f"expires_at {format_value(expires)}")


@check("FILE-KEEP-01")
def kept(index: Index) -> Iterator[Observation]:
    """A file is the same whenever it is shown."""
    for history in index.view(_histories).values():
        for later, predecessors in history.successions:
            yield from judge_unchanged("FILE-KEEP-01", index, predecessors[0], later, LASTING)


@check("FILE-CONTENT-01", "FILE-CONTENT-02", "LIMIT-FILE-10")
def content(index: Index) -> Iterator[Observation]:
    """What is downloaded is what was uploaded, and as long as the file says."""
    known, files = index.view(uploads_by_id), index.view(_histories)
    for call in index.calls_to("downloadFile"):
        response, file_id = call.exchange.response, call.params["file_id"]
        if response is None or response.status >= 500 or not response.complete:
            continue
        sighting = files[file_id].last_before(call.exchange) if file_id in files else None
        file = sighting.value if sighting else {}
        if file.get("purpose") in NOT_HANDED_OUT and (call.ok or call.status == 400):
            yield Examined("LIMIT-FILE-10", call.number)
            if call.ok:
                expected = f"a refusal: the purpose is {format_value(file['purpose'])}"
                yield Finding("LIMIT-FILE-10", call.where, expected, f"status {call.status}")
        # Recordings often leave binary bodies out.
        if not call.ok or not response.body:
            continue
        upload, size = known.get(file_id), file.get("bytes")
        if upload is not None:
            yield Examined("FILE-CONTENT-01", call.number)
            if response.body != upload.content:
                expected = f"the {len(upload.content)} bytes of exchange {upload.call.number}"
                yield Finding("FILE-CONTENT-01", call.where, expected, f"{len(response.body)} bytes, not the same")
        # A wrong size of a known upload is judged when it is uploaded: FILE-ECHO-03.
        if is_integer(size) and (upload is None or size == len(response.body)):
            yield Examined("FILE-CONTENT-02", call.number)
            if size != len(response.body):
                expected = f"{format_value(size)} bytes, as the file says"
                yield Finding("FILE-CONTENT-02", call.where, expected, f"{len(response.body)} bytes")


@check("FILE-LIST-01")
def listed(index: Index) -> Iterator[Observation]:
    """A file that was uploaded is on every page that must hold it."""
    expiring = index.view(StoreContents).expiring if index.pages("listFiles") else ()
    coming = [
        (call, call.answer["id"])
        for call in reversed(index.calls_to("createFile"))
        if call.ok and isinstance(call.answer.get("id"), str) and call.answer["id"] not in expiring
    ]
    there: dict[object, dict[OperationCall, str]] = {}  # by purpose
    for page in index.pages("listFiles"):
        if not page.is_beginning or page.has_more is not False:
            continue
        while coming and coming[-1][0].number < page.number:
            call, file_id = coming.pop()
            there.setdefault(text(call.answer.get("purpose")), {})[call] = file_id
        ids, wanted = set(page.ids), page.query.get("purpose")
        for purpose in [wanted] if wanted else list(there):
            for call, file_id in list(there.get(purpose, {}).items()):
                deletions = index.calls_on("file_id", file_id, "deleteFile", effective=True)
                if deletions and deletions.any_not_after(page.exchange):
                    if deletions[0].number < page.number:
                        del there[purpose][call]
                elif before(call.exchange, page.exchange):
                    yield Examined("FILE-LIST-01", page.number)
                    if file_id not in ids:
                        del there[purpose][call]  # what is missing is told of the first list only
                        expected = f"{format_value(file_id)}, uploaded in exchange {call.number}, on the list"
                        place = page.where.below("data")
                        yield Finding("FILE-LIST-01", place, expected, f"{len(page.ids)} other files")


@check("FILE-OUTPUT-01")
def outputs(index: Index) -> Iterator[Observation]:
    """A file that the code interpreter made is one of the assistant's output."""
    made = {
        file_id
        for call in index.view(hosted_calls)
        for output in sequence(call.detail.get("outputs"))
        if (file_id := text(mapping(mapping(output).get("image")).get("file_id")))
    }
    for file_id in made:
        for sighting in index.history(FILE, file_id):
            purpose = sighting.value.get("purpose")
            if not isinstance(purpose, str) or index.exchange(sighting).request.method != "GET":
                continue
            yield Examined("FILE-OUTPUT-01", sighting.where.exchange)
            if purpose != "assistants_output":
                place, expected = sighting.where.below("purpose"), 'purpose "assistants_output"'
                yield Finding("FILE-OUTPUT-01", place, expected, f"purpose {format_value(purpose)}")


@check("FILE-DELETE-01", "FILE-DELETE-03")
def deleted(index: Index) -> Iterator[Observation]:
    """A deleted file is not found again, and not taken into a store."""
    deletions = Deletions(index, "deleteFile", "file_id").by_id
    for file_id, deletion in deletions.items():
        for call in index.calls_on("file_id", file_id, *ON_FILES).after(deletion.exchange):
            if call.looked_up:
                yield from judge_gone("FILE-DELETE-01", call, file_id, deletion)
    for call in index.calls_to("createVectorStoreFile") if deletions else ():
        added = deletions.get(text(call.sent.get("file_id")) or "")
        if added is not None and before(added.exchange, call.exchange) and call.looked_up:
            yield Examined("FILE-DELETE-03", call.number)
            if call.ok:
                expected = f"a refusal: {format_value(call.sent['file_id'])} was deleted in exchange {added.number}"
                yield Finding("FILE-DELETE-03", call.where, expected, f"status {call.status}")


@check("FILE-DELETE-02")
def unlisted(index: Index) -> Iterator[Observation]:
    """A deleted file is on no list."""
    deletions = Deletions(index, "deleteFile", "file_id")
    for page in index.pages("listFiles"):
        yield from deletions.judge_page("FILE-DELETE-02", page)
