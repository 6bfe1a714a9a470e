// Gives an assistant instructions that are one character too long.
export default async function probe(s) {
  const instructions = "x".repeat(s.mode === "control" ? 256_000 : 256_001);
  s.tell({ object: (await s.client.beta.assistants.create({ model: "gpt-4o-mini", instructions })).object });
}
