// Uploads bytes, with or without a file name.
export default async function probe(s) {
  const name = s.mode === "condition" ? undefined : "notes.txt";
  const file = await s.sdk.toFile(Buffer.from("hello"), name);
  s.tell({ filename: (await s.client.files.create({ file, purpose: "assistants" })).filename });
}
