"""Answers to a client that offers to decompress them, as every SDK does."""

from conformance.scenarios.kit.driver import Driver
from conformance.scenarios.kit.fixtures import assistant, thread

GZIP = {"Accept-Encoding": "gzip, deflate"}


def test_gzip_offered(api: Driver) -> None:
    """Objects, a list, an error and a stream, for a client that takes gzip."""
    made, thread_id = assistant(api), thread(api)["id"]
    for path in ("/assistants", f"/assistants/{made['id']}", "/assistants/asst_000000000000000000000000"):
        api.request("GET", path, headers=GZIP)
    api.request("POST", f"/assistants/{made['id']}", {"name": "Packed"}, headers=GZIP)
    request = {"assistant_id": made["id"], "stream": True}
    api.request("POST", f"/threads/{thread_id}/runs", request, headers=GZIP)
    api.call("listMessages", thread_id=thread_id)
