// Waits for a file in a vector store.
export default async function probe(s) {
  s.tell({ status: (await s.need("vectorStores.files.poll")("vs_1", "file-1", { pollIntervalMs: 200 })).status });
}
