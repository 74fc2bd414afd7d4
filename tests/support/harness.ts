/** The three roles of tools/three-roles.ts on a random model's batches. */
import { expect } from 'vitest';
import { costOf } from '../../src/mpc/cost';
import type { Plan } from '../../src/mpc/plan';
import type { PassInput } from '../../src/mpc/strand-walk';
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
  return runInputs(h, plan, [given].flat().map(inputOf), onRound);
}

/** `inputs`: the data owner's, of every strand. */
export async function runInputs(h: Harness, plan: Plan, inputs: PassInput[], onRound?: (round: number) => void) {
  const [data, model, dealt] = await Promise.all([
    h.dataOwner.run(plan, inputs, onRound),
    h.modelOwner.run(plan),
    h.deal(plan),
  ]);
  return { logits: data.output!, data: data.report, model: model.report, dealt };
}

/** What was opened is near this, and took what the cost model says of the plan. */
export function expectAnswers(
  { logits, data, model, dealt }: Awaited<ReturnType<typeof runInputs>>,
  plan: Plan,
  expected: ArrayLike<number>,
): void {
  expect(logits.length).toBe(expected.length);
  for (const [i, logit] of logits.entries()) expect(Math.abs(logit - expected[i]!)).toBeLessThan(0.05);
  const { rounds, toModelOwner, toDataOwner, dealt: planned } = costOf(plan);
  for (const report of [data, model])
    expect(report).toMatchObject({ rounds, toModelOwner, toDataOwner, dealt: planned });
  expect(dealt).toBe(planned);
}
