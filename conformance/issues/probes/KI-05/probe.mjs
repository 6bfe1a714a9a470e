// Calls uploadAndPoll the way the documentation showed it: with a bare array of files.
export default async function probe(s) {
  const upload = s.need("vectorStores.fileBatches.uploadAndPoll");
  const files = [await s.file("notes.txt", "hello")];
  const wrapped = s.mode === "control" || s.mode === "workaround-wrap";
  const batch = await upload("vs_1", wrapped ? { files } : files);
  s.tell({ batch: batch.id });
}
