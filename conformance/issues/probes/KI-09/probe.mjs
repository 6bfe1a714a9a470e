// Uploads again and again, and notes after each upload how much memory the process holds.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

export default async function probe(s) {
  const [size, times] = s.mode === "control" ? [1024, 24] : [22 * 1024 * 1024, 24];
  const notes = [];
  for (let number = 0; number < times; number++) {
    const file = await s.sdk.toFile(Buffer.alloc(size, 120), "big.txt");
    await s.client.files.create({ file, purpose: "assistants" });
    collect();
    await s.sleep(10);
    notes.push(Math.round((process.memoryUsage().rss / 1048576) * 10) / 10);
  }
  s.tell({ resident_mib: notes });
}
