/** What a config.json may ask for that would compute something else. */

/** A field, the values that change nothing, and what can be run. */
export type Refusal = readonly [field: string, fine: readonly unknown[], remedy: string];

const COMMON: readonly Refusal[] = [
  ['add_cross_attention', [false], 'models without cross-attention can be run'],
  ['quantization_config', [], 'weights in F32, F16 or BF16 can be run: save the model without quantisation'],
];

/** Throws, naming the field, where it has a value that none of its refusals allows. */
export function refuse(json: Readonly<Record<string, unknown>>, refusals: readonly Refusal[]): void {
  for (const [field, fine, remedy] of [...refusals, ...COMMON]) {
    const value = json[field];
    if (value !== undefined && !fine.includes(value))
      throw new Error(`config.json: ${field}: ${JSON.stringify(value)} is not supported; ${remedy}`);
  }
  const pruned = json.pruned_heads;
  if (typeof pruned === 'object' && pruned !== null && Object.keys(pruned).length > 0)
    throw new Error('config.json: pruned_heads: layers with different numbers of heads are not supported');
}
