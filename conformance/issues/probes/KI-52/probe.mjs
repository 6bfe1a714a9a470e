// Starts a stream and listens to its events only: nobody waits for one of its promises.
export default async function probe(s) {
  const stream = s.need("beta.threads.runs.stream")("thread_1", { assistant_id: "asst_1" });
  const events = [];
  stream.on("event", ({ event }) => events.push(event));
  if (s.mode === "workaround-error-listener") stream.on("error", (problem) => s.tell({ heard: s.caught(problem) }));
  await s.sleep(500);
  s.tell({ events: events.length });
}
