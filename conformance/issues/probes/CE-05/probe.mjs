// Reads a file that a tool wrote, after it is gone.
export default async function probe(s) {
  s.tell({ content: await (await s.client.files.content("file-1")).text() });
}
