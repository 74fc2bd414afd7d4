/** The three roles of tools/three-roles.ts on a random model's batches. */
import type { Plan } from '../../src/mpc/plan';
import type { Harness } from '../../tools/three-roles';
import type { Batch } from './random-model';

export * from '../../tools/three-roles';

type Given = Omit<Batch, 'prompts'> & Partial<Batch>;

/** A strand's. */
export const inputOf = (batch: Given) => ({
  inputs: {
    embedded: batch.embedded,
    counted: batch.masks.kept,
    ...batch.prompts,
    ...batch.parts,
    ...(batch.offsets && { offsets: batch.offsets }),
  },
  masks: batch.masks,
});

/** `given`: a batch for every strand. */
export async function runPass(
  h: Harness,
  plan: Plan,
  given: Given | readonly Given[],
  onRound?: (round: number) => void,
) {
  const inputs = [given].flat().map(inputOf);
  const [data, model, dealt] = await Promise.all([
    h.dataOwner.run(plan, inputs, onRound),
    h.modelOwner.run(plan),
    h.deal(plan),
  ]);
  return { logits: data.output!, data: data.report, model: model.report, dealt };
}
