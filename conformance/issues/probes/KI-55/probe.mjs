// Reaches vector stores where they were until early 2025: under `beta`.
export default async function probe(s) {
  const stores = s.mode === "condition" ? s.client.beta.vectorStores : s.need("vectorStores");
  s.tell({ status: (await stores.create({ name: "store" })).status });
}
