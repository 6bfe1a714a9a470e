// Pipes a download into a file, as programs for version 4 did. The control and the workaround take the body as this
// release gives it.
import { createWriteStream } from "node:fs";
import { devNull } from "node:os";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export default async function probe(s) {
  const { body } = await s.client.files.content("file-1");
  s.tell({ body: body?.constructor?.name });
  if (s.mode === "condition") body.pipe(createWriteStream(devNull));
  else await pipeline(body instanceof ReadableStream ? Readable.fromWeb(body) : body, createWriteStream(devNull));
  s.tell({ piped: true });
}
