// Attaches a file to a vector store and waits for it.
export default async function probe(s) {
  const attach = s.need("vectorStores.files.createAndPoll");
  s.tell({ status: (await attach("vs_1", { file_id: "file-1" }, { pollIntervalMs: 50 })).status });
}
