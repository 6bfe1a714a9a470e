// Moves an assistant that has a temperature to a reasoning model.
export default async function probe(s) {
  const made = await s.client.beta.assistants.create({ model: "gpt-4o-mini", temperature: 0.5 });
  const cleared = s.mode === "workaround-null" ? { temperature: null } : {};
  const updated = await s.client.beta.assistants.update(made.id, { model: "o3-mini", ...cleared });
  s.tell({ model: updated.model });
}
