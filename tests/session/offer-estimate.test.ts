import { describe, expect, it } from 'vitest';
import { costOf } from '../../src/mpc/cost';
import { passEstimate } from '../../src/session/offer-estimate';
import { ofTexts } from '../../src/session/pass-size';
import { planPass } from '../../src/session/run';
import { randomModel } from '../support/random-model';

describe.each(['masked-lm', 'embedding'] as const)('the estimate of a pass of a model for %s', (task) => {
  it('is the cost model’s of what a run opens', async () => {
    const { config } = await randomModel(5, { task, pooling: 'cls' });
    const estimate = passEstimate(config);
    const { sequences, tokens, rounds, toModelOwner, toDataOwner, dealt } = estimate;
    const [answer, columns] = task === 'embedding' ? [0, 0] : [6, 2];
    const cost = costOf(planPass(config, { tokens, answer, columns, deep: false }, ofTexts(sequences)));
    expect({ rounds, toModelOwner, toDataOwner, dealt }).toEqual({
      rounds: cost.rounds,
      toModelOwner: cost.toModelOwner,
      toDataOwner: cost.toDataOwner,
      dealt: cost.dealt,
    });
    expect(estimate.setup).toBe(cost.setup.toDataOwner);
    expect(estimate.memory).toBeGreaterThan(0);
    expect(estimate.problem).toBeUndefined();
  });
});
