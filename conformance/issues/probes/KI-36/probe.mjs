// Asks for more in the answer, by the streaming helper.
const wanted = ["step_details.tool_calls[*].file_search.results[*].content"];

export default async function probe(s) {
  const runs = s.client.beta.threads.runs;
  const body = { assistant_id: "asst_1", include: wanted };
  if (s.mode === "condition") await s.need("beta.threads.runs.stream")("thread_1", body).done();
  else await runs.create("thread_1", body);
  s.tell({ done: true });
}
