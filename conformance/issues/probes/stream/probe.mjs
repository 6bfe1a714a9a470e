// Streams a run with the SDK's helper, and tells all that it hands out.
export default async function probe(s) {
  const run = s.need("beta.threads.runs.stream");
  const [thread, assistant] = [await s.thread(), await s.assistant()];
  const [events, texts, created, pieces, done] = [[], [], [], [], []];
  const longest = { content: 0, calls: 0 };
  const stream = run(thread, { assistant_id: assistant });
  stream.on("event", (event) => events.push(event.event ?? null));
  stream.on("textDone", (text, message) => texts.push([text.value, message?.id]));
  stream.on("toolCallCreated", (call) => created.push(call.id));
  stream.on("toolCallDelta", (delta) => pieces.push(delta.function?.arguments ?? ""));
  stream.on("toolCallDone", (call) => done.push(call.id));
  stream.on("messageDelta", (_, message) => (longest.content = Math.max(longest.content, message.content.length)));
  stream.on("runStepDelta", (_, step) => (longest.calls = Math.max(longest.calls, step.step_details?.tool_calls?.length ?? 0)));
  try {
    s.tell({ final_status: (await stream.finalRun()).status });
    // Object.values: a list that a hostile index has made long has few entries, and a loop over its length no end.
    const calls = (await stream.finalRunSteps()).flatMap((step) => Object.values(step.step_details.tool_calls ?? []));
    s.tell({ step_calls: calls.map(({ id, function: f }) => [id ?? null, f?.name ?? null, f?.arguments ?? null]) });
  } catch (problem) {
    s.tell({ error: s.caught(problem) });
  }
  s.tell({ events, texts, created, pieces: pieces.join(""), done, longest, polluted: {}.polluted ?? null });
}
