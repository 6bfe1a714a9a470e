// Uploads a batch with a header of its own.
export default async function probe(s) {
  const batches = s.need("vectorStores.fileBatches");
  const options = { headers: { "X-Probe": "yes" } };
  if (s.mode === "condition") await batches.uploadAndPoll("vs_1", { files: [await s.file("a.txt", "hello")] }, options);
  else await batches.create("vs_1", { file_ids: ["file-1"] }, options);
  s.tell({ done: true });
}
