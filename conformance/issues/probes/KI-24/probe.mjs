// Retrieves a run with one object of ids.
export default async function probe(s) {
  const runs = s.need("beta.threads.runs");
  const args = s.mode === "condition" ? [{ thread_id: "thread_1", run_id: "run_1" }] : s.ids("thread_1", "run_1");
  s.tell({ status: (await runs.retrieve(...args)).status });
}
