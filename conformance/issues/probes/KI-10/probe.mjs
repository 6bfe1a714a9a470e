// Cancels a run that has just ended.
async function cancel(s, thread) {
  const runs = s.client.beta.threads.runs;
  const run = await runs.create(thread, { assistant_id: await s.assistant() });
  await s.sleep(600);
  try {
    s.tell({ cancel_status: (await runs.cancel(...s.ids(thread, run.id))).status });
  } catch (problem) {
    if (s.mode === "workaround-filter" && problem.message.includes("completed")) return;
    s.tell({ now: (await runs.retrieve(...s.ids(thread, run.id))).status });
    if (s.mode === "workaround-look") return;
    throw problem;
  }
}

export default async function probe(s) {
  await cancel(s, await s.thread());
  if (s.mode.startsWith("workaround")) {
    await cancel(s, await s.thread()); // the second run fails before it is cancelled
    s.tell({ went_on: true });
  }
}
