"""Reads the kind of a function call that has no output yet."""


def probe(s):
    [step] = s.client.beta.threads.runs.steps.list(run_id="run_1", thread_id="thread_1").data
    [call] = step.step_details.tool_calls
    s.tell(kind=type(call).__name__)
    s.tell(type=call.type)
