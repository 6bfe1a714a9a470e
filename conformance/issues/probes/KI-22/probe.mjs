// Iterates a stream that has ended already.
export default async function probe(s) {
  const stream = s.need("beta.threads.runs.stream")(await s.thread(), { assistant_id: await s.assistant() });
  if (s.mode !== "control") await stream.done();
  let events = 0;
  for await (const _ of stream) events++;
  s.tell({ events });
}
