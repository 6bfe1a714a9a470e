// What a user of the Node SDK does, told as JSON: node session.mjs ENVIRONMENT URL
import { createRequire } from "node:module";

const require = createRequire(`${process.argv[2]}/`);
const OpenAI = require("openai").OpenAI;
const version = require("openai/version").VERSION;
const byRun = Number(version.split(".")[0]) >= 5; // since 5.0 the innermost id comes first, the others are named

console.warn = () => {};
const client = new OpenAI({ baseURL: process.argv[3], apiKey: "any", maxRetries: 0, timeout: 20_000 });
const threads = client.beta.threads;
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const forced = { type: "function", function: { name: "get_weather" } };
const plain = await client.beta.assistants.create({ model: "gpt-4o-mini", instructions: "Be brief." });
const caller = await client.beta.assistants.create({
  model: "gpt-4o-mini",
  instructions: "Be brief.",
  tools: [weather],
});

const thread = async () => (await threads.create({ messages: [{ role: "user", content: "Hello" }] })).id;
const said = async (place) => (await threads.messages.list(place)).data[0].content[0].text.value;
const answers = (run) => ({
  tool_outputs: run.required_action.submit_tool_outputs.tool_calls.map(({ id }) => ({ tool_call_id: id, output: "22" })),
});
const submit = (helper, place, run) =>
  byRun
    ? threads.runs[helper](run.id, { thread_id: place, ...answers(run) })
    : threads.runs[helper](place, run.id, answers(run));
const fast = { pollIntervalMs: 10 };

async function poll() {
  const place = await thread();
  const run = await threads.runs.createAndPoll(place, { assistant_id: plain.id }, fast);
  return { status: run.status, text: await said(place) };
}

async function stream() {
  const place = await thread();
  const pieces = [];
  const events = threads.runs.stream(place, { assistant_id: plain.id });
  events.on("textDelta", (delta) => pieces.push(delta.value));
  const run = await events.finalRun();
  return { status: run.status, pieces, text: await said(place) };
}

async function function_poll() {
  const place = await thread();
  const run = await threads.runs.createAndPoll(place, { assistant_id: caller.id, tool_choice: forced }, fast);
  const done = await submit("submitToolOutputsAndPoll", place, run);
  return { waiting: run.status, status: done.status, text: await said(place) };
}

async function function_stream() {
  const place = await thread();
  const pieces = [];
  let args = "";
  const events = threads.runs.stream(place, { assistant_id: caller.id, tool_choice: forced });
  events.on("toolCallDelta", (delta) => (args += delta.function.arguments ?? ""));
  const run = await events.finalRun();
  const more = submit("submitToolOutputsStream", place, run);
  more.on("textDelta", (delta) => pieces.push(delta.value));
  const done = await more.finalRun();
  return { waiting: run.status, arguments: args, status: done.status, pieces, text: await said(place) };
}

async function pages() {
  const messages = Array.from({ length: 25 }, (_, number) => ({ role: "user", content: String(number) }));
  const made = await threads.create({ messages });
  const found = [];
  for await (const message of threads.messages.list(made.id, { order: "asc", limit: 10 })) {
    found.push(message.content[0].text.value);
  }
  return found;
}

async function errors() {
  const told = ({ constructor, status, param }) => ({ class: constructor.name, status, param });
  const found = {};
  await threads.retrieve("thread_000000000000000000000000").catch((problem) => (found.unknown = told(problem)));
  await client.beta.assistants
    .create({ model: "gpt-4o-mini", name: "n".repeat(257) })
    .catch((problem) => (found.invalid = told(problem)));
  return found;
}

const told = { version };
for (const part of [poll, stream, function_poll, function_stream, pages, errors]) told[part.name] = await part();
console.log(JSON.stringify(told));
