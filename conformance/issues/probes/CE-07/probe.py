"""Hands in a tool's output after the run has expired."""


def probe(s):
    outputs = [{"tool_call_id": "call_1", "output": "22"}]
    runs = s.client.with_options(max_retries=2).beta.threads.runs
    s.tell(status=runs.submit_tool_outputs("run_1", thread_id="thread_1", tool_outputs=outputs).status)
