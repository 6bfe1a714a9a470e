// What an application does: an assistant, a thread, a run that streams its answer, and the messages.
// The endpoint is named by OPENAI_BASE_URL and OPENAI_API_KEY, as the SDK reads them.
import OpenAI from "openai";

export async function session() {
  const client = new OpenAI({ maxRetries: 0 });
  const { assistants, threads } = client.beta;
  const assistant = await assistants.create({ model: "gpt-4o-mini", instructions: "Be brief." });
  const thread = await threads.create({ messages: [{ role: "user", content: "Hello" }] });
  let text = "";
  const stream = threads.runs.stream(thread.id, { assistant_id: assistant.id });
  stream.on("textDelta", (delta) => (text += delta.value));
  const run = await stream.finalRun();
  const polled = await threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id }, { pollIntervalMs: 50 });
  const messages = await threads.messages.list(thread.id);
  await assistants.delete(assistant.id);
  return { statuses: [run.status, polled.status], text, messages: messages.data.length };
}

if (import.meta.url === `file://${process.argv[1]}`) console.log(JSON.stringify(await session()));
