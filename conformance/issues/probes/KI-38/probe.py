"""Turns parallel tool calls off, by the polling helper."""

import inspect


def probe(s):
    helper, plain = s.need("beta.threads.create_and_run_poll"), s.client.beta.threads.create_and_run
    if "parallel_tool_calls" not in inspect.signature(plain).parameters:
        s.tell(not_applicable="this release does not know parallel_tool_calls")
        return
    chosen = helper if s.mode == "condition" else plain
    s.tell(status=chosen(assistant_id="asst_1", parallel_tool_calls=False).status)
