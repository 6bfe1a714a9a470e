// Streams a run that ends incomplete, and asks for the final run.
export default async function probe(s) {
  const [thread, assistant] = [await s.thread(), await s.assistant()];
  let runId;
  const stream = s.need("beta.threads.runs.stream")(thread, { assistant_id: assistant });
  try {
    for await (const event of stream) {
      s.tell({ last_event: event.event });
      if (event.event === "thread.run.created") runId = event.data.id;
    }
    s.tell({ final_status: (await stream.finalRun()).status });
  } catch (problem) {
    s.tell({ error: s.caught(problem) });
  }
  if (s.mode === "workaround-retrieve")
    s.tell({ retrieved_status: (await s.client.beta.threads.runs.retrieve(...s.ids(thread, runId))).status });
}
