"""Turns parallel tool calls off, by the polling helper."""


def probe(s):
    helper, plain = s.need("beta.threads.create_and_run_poll"), s.client.beta.threads.create_and_run
    s.need_parameter(plain, "parallel_tool_calls")
    chosen = helper if s.mode == "condition" else plain
    s.tell(status=chosen(assistant_id="asst_1", parallel_tool_calls=False).status)
