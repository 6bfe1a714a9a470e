// Uploads a file whose format cannot be indexed, and waits for it.
export default async function probe(s) {
  const [batches, files] = [s.need("vectorStores.fileBatches"), s.need("vectorStores.files")];
  const batch = await batches.uploadAndPoll("vs_1", { files: [await s.file("notes.xyz", "\x00\x01")] });
  const file = await files.poll("vs_1", "file-1");
  s.tell({ batch_status: batch.status, failed: batch.file_counts.failed, file_status: file.status });
  if (s.mode === "workaround-list-failed") {
    const found = (await batches.listFiles(...s.ids("vs_1", batch.id, undefined, "vector_store_id"))).data;
    s.tell({ reasons: found.filter((one) => one.last_error).map((one) => one.last_error.code) });
  }
}
