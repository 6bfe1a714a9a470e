// Attaches a file without an extension to a vector store.
export default async function probe(s) {
  s.tell({ status: (await s.need("vectorStores.files.create")("vs_1", { file_id: "file-1" })).status });
}
