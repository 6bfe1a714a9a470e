// Uploads a batch and waits for it, looking every 50 milliseconds.
export default async function probe(s) {
  const upload = s.need("vectorStores.fileBatches.uploadAndPoll");
  const begun = Date.now();
  await upload("vs_1", { files: [await s.file("notes.txt", "hello")] }, { pollIntervalMs: 50 });
  s.tell({ milliseconds: Date.now() - begun });
}
