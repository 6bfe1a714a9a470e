"""Uses a vector store at once after making it."""

import time


def probe(s):
    stores = s.need("vector_stores")
    store = stores.create(file_ids=["file-1"])
    s.tell(store_status=store.status, has_create_and_poll=hasattr(stores, "create_and_poll"))
    if s.mode == "workaround-poll":
        while store.status == "in_progress":
            time.sleep(0.05)
            store = stores.retrieve(store.id)
        s.tell(store_status=store.status)
    assistant = s.client.beta.assistants.create(
        model="gpt-4o-mini",
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": [store.id]}},
    )
    run = s.need("beta.threads.runs.create_and_poll")(thread_id="thread_1", assistant_id=assistant.id)
    s.tell(run_status=run.status)
