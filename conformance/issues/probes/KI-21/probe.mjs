// Reads a stream late: its events have come already when the reader looks at them.
export default async function probe(s) {
  const stream = s.need("beta.threads.runs.stream")(await s.thread(), { assistant_id: await s.assistant() });
  const read = stream[Symbol.asyncIterator]();
  if (s.mode !== "control") await s.sleep(500);
  const pieces = [];
  for (let next = await read.next(); !next.done; next = await read.next())
    if (next.value.event === "thread.message.delta") pieces.push(next.value.data.delta.content[0].text.value);
  s.tell({ pieces });
}
