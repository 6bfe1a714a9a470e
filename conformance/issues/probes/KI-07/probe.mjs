// Uploads a batch, waits for it, and lists its files by the id that came back.
export default async function probe(s) {
  const batches = s.need("vectorStores.fileBatches");
  if (s.mode === "workaround-list") {
    s.tell({ batch_id: (await batches.list("vs_1")).data[0].id });
    return;
  }
  const batch =
    s.mode === "workaround-create-and-poll" ? await batches.createAndPoll("vs_1", { file_ids: ["file-1"] })
    : s.mode === "workaround-keep-id" ? await batches.create("vs_1", { file_ids: ["file-1"] })
    : await batches.uploadAndPoll("vs_1", { files: [await s.file("notes.txt", "hello")] });
  s.tell({ batch_id: batch.id, object: batch.object });
  const listed = await batches.listFiles(...s.ids("vs_1", batch.id, undefined, "vector_store_id"));
  s.tell({ files: listed.data.length });
}
