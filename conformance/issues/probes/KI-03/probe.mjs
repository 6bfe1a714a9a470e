// Uses a vector store at once after making it.
export default async function probe(s) {
  const stores = s.need("vectorStores");
  let store = await stores.create({ file_ids: ["file-1"] });
  s.tell({ store_status: store.status, has_create_and_poll: "createAndPoll" in stores });
  if (s.mode === "workaround-poll") {
    while (store.status === "in_progress") {
      await s.sleep(50);
      store = await stores.retrieve(store.id);
    }
    s.tell({ store_status: store.status });
  }
  const assistant = await s.client.beta.assistants.create({
    model: "gpt-4o-mini",
    tools: [{ type: "file_search" }],
    tool_resources: { file_search: { vector_store_ids: [store.id] } },
  });
  const run = await s.need("beta.threads.runs.createAndPoll")("thread_1", { assistant_id: assistant.id });
  s.tell({ run_status: run.status });
}
