// Adds a message while a run is under way.
export default async function probe(s) {
  const thread = await s.thread();
  const threads = new s.sdk.OpenAI({ ...s.options, maxRetries: 2 }).beta.threads;
  const run = await threads.runs.create(thread, { assistant_id: await s.assistant() });
  await s.sleep(500);
  if (s.mode.startsWith("workaround")) await threads.runs.cancel(...s.ids(thread, run.id));
  if (s.mode === "workaround-cancel-and-wait")
    while ((await threads.runs.retrieve(...s.ids(thread, run.id))).status === "cancelling") await s.sleep(50);
  const message = await threads.messages.create(thread, { role: "user", content: "And another thing" });
  s.tell({ added: message.object });
}
