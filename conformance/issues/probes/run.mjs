// Drives probes with the SDK installed in FOLDER: run.mjs FOLDER URL MODE PROBE. Tells what is seen as lines of JSON.
import { createRequire } from "node:module";
import { writeSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [folder, ...single] = process.argv.slice(2);
const require = createRequire(`${resolve(folder)}/`);
process.env.OPENAI_API_KEY = "sk-dummy";
console.warn = () => {};
const sdk = require("openai");
const version = require("openai/version").VERSION;

class NotApplicable extends Error {}

const tell = (signals) => writeSync(1, JSON.stringify(signals) + "\n");
const caught = (problem) => ({
  class: problem?.constructor?.name ?? typeof problem,
  message: String(problem?.message ?? problem),
  status: problem?.status ?? null,
  code: problem?.code ?? null,
  param: problem?.param ?? null,
});
const named = Number(version.split(".")[0]) >= 5; // since 5.0 the innermost id comes first, the others are named

// The arguments that name an object inside another one, in the order of this release.
function ids(outer, inner, body, key = "thread_id") {
  if (named) return [inner, { [key]: outer, ...body }];
  return body ? [outer, inner, body] : [outer, inner];
}

function sessionAt(url, mode) {
  const options = { baseURL: url, apiKey: "sk-dummy", maxRetries: 0, timeout: 20_000 };
  const client = new sdk.OpenAI(options);
  return {
    url, mode, options, client, sdk, named, tell, caught, ids, require,
    // What stands at a path of the client, bound to where it stands; a release without it is not applicable.
    need(place) {
      let owner, found = place.startsWith("vectorStores") && !client.vectorStores ? client.beta : client;
      for (const name of place.split(".")) {
        [owner, found] = [found, found[name]];
        if (found === undefined) throw new NotApplicable(`this release has no ${place}`);
      }
      return typeof found === "function" ? found.bind(owner) : found;
    },
    assistant: async () => (await client.beta.assistants.create({ model: "gpt-4o-mini", instructions: "Be brief." })).id,
    thread: async () => (await client.beta.threads.create({ messages: [{ role: "user", content: "Hello" }] })).id,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    file: (name, content) => sdk.toFile(Buffer.from(content), name),
  };
}

process.on("unhandledRejection", (problem) => tell({ unhandled: caught(problem) }));

async function perform(url, mode, path) {
  tell({ version });
  const { default: probe } = await import(pathToFileURL(resolve(path))); // one that cannot be loaded ends the process
  try {
    await probe(sessionAt(url, mode));
  } catch (problem) {
    tell(problem instanceof NotApplicable ? { not_applicable: problem.message } : { error: caught(problem) });
  }
  await new Promise((resolve) => setTimeout(resolve, 10)); // for rejections that nobody handles
  tell({ ended: true });
}

if (single.length) {
  await perform(...single);
  process.exit(0);
}
// One job a line, for sweeps: the SDK is loaded once.
for await (const line of createInterface({ input: process.stdin })) await perform(...JSON.parse(line));
process.exit(0);
