// Uploads a file with a concurrency of nought, beside a file that has an id.
export default async function probe(s) {
  const upload = s.need("vectorStores.fileBatches.uploadAndPoll");
  const options = s.mode === "condition" ? { maxConcurrency: 0 } : {};
  const files = [await s.file("notes.txt", "notes")];
  s.tell({ batch: (await upload("vs_1", { files, fileIds: ["file-9"] }, options)).id });
}
