// Reads a list over its pages, a dozen items at most.
export default async function probe(s) {
  const items = [];
  for await (const message of s.client.beta.threads.messages.list("thread_1", { limit: 1 })) {
    items.push(message.id);
    if (items.length === 12) break;
  }
  s.tell({ items, count: items.length });
}
