// Streams a run with the SDK's helper, and tells all that it hands out.
export default async function probe(s) {
  const run = s.need("beta.threads.runs.stream");
  const [thread, assistant] = [await s.thread(), await s.assistant()];
  const [events, texts, created, pieces, done] = [[], [], [], [], []];
  const stream = run(thread, { assistant_id: assistant });
  stream.on("event", (event) => events.push(event.event ?? null));
  stream.on("textDone", (text, message) => texts.push([text.value, message?.id]));
  stream.on("toolCallCreated", (call) => created.push(call.id));
  stream.on("toolCallDelta", (delta) => pieces.push(delta.function?.arguments ?? ""));
  stream.on("toolCallDone", (call) => done.push(call.id));
  try {
    s.tell({ final_status: (await stream.finalRun()).status });
    const calls = (await stream.finalRunSteps()).flatMap((step) => step.step_details.tool_calls ?? []);
    s.tell({ step_calls: calls.map(({ id, function: f }) => [id ?? null, f?.name ?? null, f?.arguments ?? null]) });
  } catch (problem) {
    s.tell({ error: s.caught(problem) });
  }
  s.tell({ events, texts, created, pieces: pieces.join(""), done, polluted: {}.polluted ?? null });
}
