"""Reads what the service answered once with a client that validates its answers."""


def probe(s):
    s.need("vector_stores.file_batches")
    strict = s.mode != "workaround-lenient"
    client = s.openai.OpenAI(**s.options, _strict_response_validation=strict)
    stores = getattr(client, "vector_stores", None) or client.beta.vector_stores
    reads = {
        "run": lambda: client.beta.threads.runs.retrieve(run_id="run_1", thread_id="thread_1"),
        "message": lambda: client.beta.threads.messages.retrieve(message_id="msg_1", thread_id="thread_1"),
        "store": lambda: stores.retrieve("vs_1"),
        "store_file": lambda: stores.files.retrieve("file-1", vector_store_id="vs_1"),
        "batch": lambda: stores.file_batches.retrieve("vsfb_1", vector_store_id="vs_1"),
    }
    rejected = {}
    for name, read in reads.items():
        try:
            read()
        except Exception as problem:
            rejected[name] = type(problem).__name__
    s.tell(rejected=rejected)
