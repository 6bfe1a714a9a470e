// Hands in a tool's output after the run has expired.
export default async function probe(s) {
  const runs = new s.sdk.OpenAI({ ...s.options, maxRetries: 2 }).beta.threads.runs;
  const body = { tool_outputs: [{ tool_call_id: "call_1", output: "22" }] };
  s.tell({ status: (await runs.submitToolOutputs(...s.ids("thread_1", "run_1", body))).status });
}
