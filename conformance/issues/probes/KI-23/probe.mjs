// Retrieves a run with the arguments in the order of version 4: thread, then run.
export default async function probe(s) {
  const runs = s.need("beta.threads.runs");
  const right = s.mode === "control" || s.mode === "workaround-named";
  const args = right ? s.ids("thread_1", "run_1") : ["thread_1", "run_1"];
  s.tell({ status: (await runs.retrieve(...args)).status });
}
