// Reads the items before a given one, over several pages.
export default async function probe(s) {
  const since = s.mode === "control" ? {} : { before: "msg_9" };
  const items = [];
  for await (const message of s.client.beta.threads.messages.list("thread_1", { limit: 1, ...since })) {
    items.push(message.id);
    if (items.length === 12) break;
  }
  s.tell({ items });
}
