// Uploads a file into a vector store and waits for it.
export default async function probe(s) {
  const files = s.need("vectorStores.files");
  const file = await s.file("notes.txt", "hello");
  if (s.mode === "condition") s.tell({ status: (await files.uploadAndPoll("vs_1", file)).status });
  else s.tell({ status: (await files.upload("vs_1", file)).status });
}
