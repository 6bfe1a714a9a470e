"""Streams a run with the SDK's helper, and tells all that it hands out."""

from openai import AssistantEventHandler


class Notes(AssistantEventHandler):
    def __init__(self):
        super().__init__()
        self.events, self.texts, self.created, self.pieces, self.done = [], [], [], [], []
        self.stepped = False

    def on_event(self, event):
        self.events.append(event.event)

    def on_run_step_created(self, run_step):
        self.stepped = True

    def on_text_done(self, text):
        message = self.current_message_snapshot
        self.texts.append([text.value, message and message.id])

    def on_tool_call_created(self, tool_call):
        self.created.append(tool_call.id)

    def on_tool_call_delta(self, delta, snapshot):
        self.pieces.append(delta.function.arguments)

    def on_tool_call_done(self, tool_call):
        self.done.append(tool_call.id)


def probe(s):
    stream, notes = s.need("beta.threads.runs.stream"), Notes()
    thread, assistant = s.thread(), s.assistant()
    try:
        with stream(thread_id=thread, assistant_id=assistant, event_handler=notes) as events:
            events.until_done()
            s.tell(final_status=events.get_final_run().status)
            steps = events.get_final_run_steps() if notes.stepped else []
            calls = [call for one in steps for call in getattr(one.step_details, "tool_calls", None) or []]
            s.tell(step_calls=[[call.id, call.function.name, call.function.arguments] for call in calls])
    except Exception as problem:
        s.tell(error=s.caught(problem))
    known = [piece or "" for piece in notes.pieces]
    s.tell(events=notes.events, texts=notes.texts, created=notes.created, pieces="".join(known), done=notes.done)
