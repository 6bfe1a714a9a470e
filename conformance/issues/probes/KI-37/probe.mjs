// Creates a thread with a run in one go, with resources for its tools.
export default async function probe(s) {
  const body = { assistant_id: "asst_1", tool_resources: { file_search: { vector_store_ids: ["vs_1"] } } };
  if (s.mode === "condition") await s.need("beta.threads.createAndRunStream")(body).done();
  else await s.client.beta.threads.createAndRun(body);
  s.tell({ done: true });
}
