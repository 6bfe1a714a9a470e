// Takes a file out of one of two vector stores, and looks for it in the other.
export default async function probe(s) {
  const files = s.need("vectorStores.files");
  const ids = (store, file) => s.ids(store, file, undefined, "vector_store_id");
  s.tell({ before: (await files.retrieve(...ids("vs_2", "file-1"))).status });
  if (s.mode === "workaround-own-file")
    s.tell({ own: (await files.createAndPoll("vs_2", { file_id: "file-2" })).status });
  s.tell({ deleted: (await (files.delete ?? files.del).call(files, ...ids("vs_1", "file-1"))).deleted });
  const kept = s.mode === "workaround-own-file" ? "file-2" : "file-1";
  s.tell({ after: (await files.retrieve(...ids("vs_2", kept))).status });
}
