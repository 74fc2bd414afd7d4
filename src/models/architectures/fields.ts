/** config.json's fields, of which some architectures have names of their own. */

/** The same fields under the names of ModelConfig. `names`: those, by the architecture's. */
export const renamedFields = (
  json: Readonly<Record<string, unknown>>,
  names: Readonly<Record<string, string>>,
): Record<string, unknown> =>
  Object.fromEntries(Object.entries(json).map(([name, value]) => [names[name] ?? name, value]));
