// Creates a run and polls it with the SDK's helper.
export default async function probe(s) {
  const poll = s.need("beta.threads.runs.createAndPoll");
  const run = await poll(await s.thread(), { assistant_id: await s.assistant() }, { pollIntervalMs: 50 });
  s.tell({ status: run.status });
}
