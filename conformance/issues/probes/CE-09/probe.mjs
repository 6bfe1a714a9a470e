// Asks a server that answers 429 every time.
export default async function probe(s) {
  const client = new s.sdk.OpenAI({ ...s.options, maxRetries: 2 });
  s.tell({ models: (await client.models.list()).data.length });
}
