"""The names of the API's operations, by which faults say what they touch."""

from __future__ import annotations

import re

OPERATIONS = {
    "listAssistants": "GET /assistants",
    "createAssistant": "POST /assistants",
    "getAssistant": "GET /assistants/{assistant_id}",
    "modifyAssistant": "POST /assistants/{assistant_id}",
    "deleteAssistant": "DELETE /assistants/{assistant_id}",
    "createThread": "POST /threads",
    "getThread": "GET /threads/{thread_id}",
    "modifyThread": "POST /threads/{thread_id}",
    "deleteThread": "DELETE /threads/{thread_id}",
    "createThreadAndRun": "POST /threads/runs",
    "listMessages": "GET /threads/{thread_id}/messages",
    "createMessage": "POST /threads/{thread_id}/messages",
    "getMessage": "GET /threads/{thread_id}/messages/{message_id}",
    "modifyMessage": "POST /threads/{thread_id}/messages/{message_id}",
    "deleteMessage": "DELETE /threads/{thread_id}/messages/{message_id}",
    "listRuns": "GET /threads/{thread_id}/runs",
    "createRun": "POST /threads/{thread_id}/runs",
    "getRun": "GET /threads/{thread_id}/runs/{run_id}",
    "modifyRun": "POST /threads/{thread_id}/runs/{run_id}",
    "cancelRun": "POST /threads/{thread_id}/runs/{run_id}/cancel",
    "submitToolOuputsToRun": "POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs",
    "listRunSteps": "GET /threads/{thread_id}/runs/{run_id}/steps",
    "getRunStep": "GET /threads/{thread_id}/runs/{run_id}/steps/{step_id}",
    "listVectorStores": "GET /vector_stores",
    "createVectorStore": "POST /vector_stores",
    "getVectorStore": "GET /vector_stores/{vector_store_id}",
    "modifyVectorStore": "POST /vector_stores/{vector_store_id}",
    "deleteVectorStore": "DELETE /vector_stores/{vector_store_id}",
    "searchVectorStore": "POST /vector_stores/{vector_store_id}/search",
    "listVectorStoreFiles": "GET /vector_stores/{vector_store_id}/files",
    "createVectorStoreFile": "POST /vector_stores/{vector_store_id}/files",
    "getVectorStoreFile": "GET /vector_stores/{vector_store_id}/files/{file_id}",
    "updateVectorStoreFileAttributes": "POST /vector_stores/{vector_store_id}/files/{file_id}",
    "deleteVectorStoreFile": "DELETE /vector_stores/{vector_store_id}/files/{file_id}",
    "retrieveVectorStoreFileContent": "GET /vector_stores/{vector_store_id}/files/{file_id}/content",
    "createVectorStoreFileBatch": "POST /vector_stores/{vector_store_id}/file_batches",
    "getVectorStoreFileBatch": "GET /vector_stores/{vector_store_id}/file_batches/{batch_id}",
    "cancelVectorStoreFileBatch": "POST /vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel",
    "listFilesInVectorStoreBatch": "GET /vector_stores/{vector_store_id}/file_batches/{batch_id}/files",
    "listFiles": "GET /files",
    "createFile": "POST /files",
    "retrieveFile": "GET /files/{file_id}",
    "deleteFile": "DELETE /files/{file_id}",
    "downloadFile": "GET /files/{file_id}/content",
    "listModels": "GET /models",
    "retrieveModel": "GET /models/{model}",
    "deleteModel": "DELETE /models/{model}",
}
"""Operation ids of the published document, with method and path below the base."""

_PATTERNS = [
    (name, place.partition(" ")[0], re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", place.partition(" ")[2])))
    # Fixed words come before parameters: `/threads/runs` is no thread.
    for name, place in sorted(OPERATIONS.items(), key=lambda item: item[1].count("{"))
]


def find(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The operation that a request is for, and its path parameters; an empty name where there is none."""
    for name, wanted, pattern in _PATTERNS:
        if method == wanted and (found := pattern.fullmatch(path)):
            return name, found.groupdict()
    return "", {}
