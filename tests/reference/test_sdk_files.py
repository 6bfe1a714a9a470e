"""The official SDK with files, vector stores and hosted tools."""

import io

import openai
import pytest

from tests.reference.uploads import ORCHARD

pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")


def orchard() -> tuple[str, io.BytesIO]:
    return "orchard.md", io.BytesIO(ORCHARD.encode())


def test_files(sdk: openai.OpenAI) -> None:
    expiry = {"anchor": "created_at", "seconds": 3600}
    file = sdk.files.create(file=orchard(), purpose="assistants", expires_after=expiry)  # type: ignore[arg-type]
    assert file.expires_at == file.created_at + 3600
    assert sdk.files.wait_for_processing(file.id).status == "processed"
    assert sdk.files.content(file.id).read() == ORCHARD.encode()
    assert file.id in [each.id for each in sdk.files.list(purpose="assistants", limit=2)]
    assert sdk.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        sdk.files.retrieve(file.id)


def test_stores_and_batches(sdk: openai.OpenAI) -> None:
    store = sdk.vector_stores.create(name="Shelf")
    added = sdk.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=orchard())
    assert added.status == "completed"
    assert added.chunking_strategy is not None
    assert added.chunking_strategy.type == "static"
    batch = sdk.vector_stores.file_batches.upload_and_poll(store.id, files=[orchard(), ("table.csv", io.BytesIO(b"a"))])
    assert (batch.status, batch.file_counts.completed, batch.file_counts.failed) == ("completed", 1, 1)
    listed = sdk.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id, filter="failed")
    assert [file.last_error.code for file in listed if file.last_error] == ["unsupported_file"]
    sdk.vector_stores.files.update(added.id, vector_store_id=store.id, attributes={"year": 1911})
    years = {"type": "eq", "key": "year", "value": 1911}
    (hit,) = sdk.vector_stores.search(store.id, query="oldest pear tree", filters=years)  # type: ignore[arg-type]
    assert hit.file_id == added.id
    text = sdk.vector_stores.files.content(added.id, vector_store_id=store.id).data[0].text
    assert text == ORCHARD
    assert sdk.vector_stores.files.delete(added.id, vector_store_id=store.id).deleted
    assert sdk.vector_stores.delete(store.id).deleted


def test_a_stream_with_both_hosted_tools(sdk: openai.OpenAI) -> None:
    file = sdk.files.create(file=orchard(), purpose="assistants")
    assistant = sdk.beta.assistants.create(
        model="gpt-4o",
        tools=[{"type": "file_search"}, {"type": "code_interpreter"}],
        tool_resources={"file_search": {"vector_stores": [{"file_ids": [file.id]}]}},
    )
    question = "Which number does the pear tree carry? Draw it with Python code."
    thread = sdk.beta.threads.create(messages=[{"role": "user", "content": question}])
    with sdk.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        stream.until_done()
        run = stream.get_final_run()
        (message,) = stream.get_final_messages()
        streamed = stream.get_final_run_steps()

    shown = sdk.beta.threads.runs.steps.list(
        run.id, thread_id=thread.id, order="asc", include=["step_details.tool_calls[*].file_search.results[*].content"]
    ).data
    assert [step.id for step in streamed] == [step.id for step in shown]
    searching, executing, writing = shown
    assert searching.step_details.type == executing.step_details.type == "tool_calls"
    (search,) = searching.step_details.tool_calls
    (code,) = executing.step_details.tool_calls
    assert search.type == "file_search"
    assert search.file_search.results
    assert search.file_search.results[0].content
    assert code.type == "code_interpreter"
    assert [output.type for output in code.code_interpreter.outputs] == ["logs", "image"]
    assert writing.type == "message_creation"
    picture, text = message.content
    assert picture.type == "image_file"
    assert sdk.files.content(picture.image_file.file_id).read()
    assert text.type == "text"
    assert "4711" in text.text.value
    (citation,) = text.text.annotations
    assert citation.type == "file_citation"
    assert citation.file_citation.file_id == file.id
