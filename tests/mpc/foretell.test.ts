/** What is foretold of small plans by hand, and of a model's plan against what it cannot be less than. */
import { describe, expect, it } from 'vitest';
import { planModel } from '../../src/models/plan-model';
import { costOf } from '../../src/mpc/cost';
import { computingIn, foretold, foretoldWalk, type TimedRound } from '../../src/mpc/foretell';
import { dealtBefore, timelineOf } from '../../src/mpc/timeline';
import { seconds } from '../../src/ring/units';
import { configOf } from '../../tools/built-ins';

const round = (given: Partial<TimedRound>): TimedRound => ({
  ...{ toModelOwner: 0, toDataOwner: 0, dealt: 0, dealtToDataOwner: 0, answered: 0, strands: 1 },
  ...given,
});
/** A kilobyte a second, a tenth of a second away. */
const between = { bandwidth: 8000, latency: seconds(0.1) };

describe('what is foretold of a pass', () => {
  const rounds = [
    round({}),
    // Both at once: the longer one counts.
    round({ toModelOwner: 1000, toDataOwner: 3000 }),
    // 2,000 of the 2,500 are said when the 1,500 have been heard.
    round({ toModelOwner: 1500, toDataOwner: 2500, answered: 2000 }),
  ];

  it('is its flights and turns, one round behind the other', () => {
    expect(foretoldWalk(rounds, { between })).toBeCloseTo(3 + 0.1 + 1.5 + 2 + 0.2);
  });

  it('has the asking and accepting before', () => {
    expect(foretold(rounds, { between })).toBeCloseTo(0.2 + foretoldWalk(rounds, { between }));
  });

  it('waits for what is dealt in the round that needs it, on the dealer’s line', () => {
    const fromDealer = { bandwidth: 80_000, latency: seconds(1) };
    const dealt = [rounds[0]!, { ...rounds[1]!, dealt: 40_000 }, rounds[2]!];
    // 4 s and 1 s: later than the flight of that round, and the next one comes behind it.
    expect(foretoldWalk(dealt, { between, fromDealer })).toBeCloseTo(5 + 1.5 + 2 + 0.2);
    expect(foretoldWalk(dealtBefore(dealt), { between, fromDealer })).toBeCloseTo(foretoldWalk(rounds, { between }));
  });

  it('waits for what is dealt to the data owner as well, on that one’s line', () => {
    const fromDealer = { bandwidth: 80_000, latency: seconds(1) };
    const both = [rounds[0]!, { ...rounds[1]!, dealt: 40_000, dealtToDataOwner: 10_000 }, rounds[2]!];
    expect(foretoldWalk(both, { between, fromDealer })).toBeCloseTo(4 + 1.5 + 2 + 0.2);
    const fromDealerToDataOwner = { bandwidth: 8000, latency: seconds(2) };
    expect(foretoldWalk(both, { between, fromDealer, fromDealerToDataOwner })).toBeCloseTo(12 + 1.5 + 2 + 0.2);
  });

  it('has computing on top, as far as the dealer is not waited for', () => {
    expect(foretoldWalk(rounds, { between }, 3)).toBeCloseTo(foretoldWalk(rounds, { between }) + 3);
    // Two thirds of it are done before the last round's correlations are there.
    const late = [rounds[0]!, rounds[1]!, { ...rounds[2]!, dealt: 100_000 }];
    expect(foretoldWalk(late, { between }, 3)).toBeCloseTo(100 + 0.1 + 1);
  });

  it('gives back the computing of a pass that was measured', () => {
    expect(computingIn(foretoldWalk(rounds, { between }, 3), rounds, { between })).toBeCloseTo(3, 2);
    expect(computingIn(1, rounds, { between })).toBe(0);
  });

  it('is what the lines take where two strands fill them, each in the other’s pauses', () => {
    // Each says 2,000 and is answered 2,000: 2 s there and 2 s back, in halves of a second.
    const turn = { toModelOwner: 2000, toDataOwner: 2000, answered: 2000 };
    const near = { between: { bandwidth: 8000, latency: seconds(0) } };
    const rounds = (strands: number) => [0, 1, 2].map(() => round({ ...turn, strands }));
    expect(foretoldWalk(rounds(1), near)).toBeCloseTo(3 * 4);
    // Only before the first answer and behind the last question is one direction idle.
    expect(foretoldWalk(rounds(2), near)).toBeCloseTo(1 + 3 * 2);
    // Computing does not come on top, but for what nothing is left to be said beside.
    expect(foretoldWalk(rounds(1), near, 3)).toBeCloseTo(12 + 3);
    expect(foretoldWalk(rounds(2), near, 3)).toBeLessThan(7 + 3);
    expect(foretoldWalk(rounds(2), near, 3)).toBeGreaterThan(7 + 0.5);
    // A latency is waited for by both at once.
    const far = { between: { bandwidth: 1e12, latency: seconds(1) } };
    expect(foretoldWalk(rounds(2), far)).toBeCloseTo(foretoldWalk(rounds(1), far));
    expect(computingIn(foretoldWalk(rounds(2), near, 3), rounds(2), near)).toBeCloseTo(3, 1);
  });

  it('is of a model no less than its bytes, its dealt bytes and its turns take, and just that where one of them is all', () => {
    const shape = { sequences: 4, tokens: 24, answer: 6, columns: 2 };
    const plan = planModel(configOf('tiny'), shape);
    const cost = costOf(plan);
    const timeline = timelineOf(plan);
    expect(foretoldWalk(timeline, { between: { bandwidth: 1e15, latency: seconds(0.1) } })).toBeCloseTo(
      0.1 * cost.turns,
    );
    const slow = { bandwidth: 8000, latency: seconds(0) };
    const [toBoth, toOne] = (['both', 'model-owner'] as const).map((dealtTo) => {
      const rounds = timelineOf(planModel(configOf('tiny'), shape, undefined, dealtTo));
      return foretoldWalk(rounds, { between: { ...slow, bandwidth: 1e15 }, fromDealer: slow });
    });
    expect(toOne).toBeCloseTo(cost.dealt / 1000);
    // Both lines carry half.
    expect(toBoth).toBeCloseTo(Math.max(cost.dealtToDataOwner, cost.dealt - cost.dealtToDataOwner) / 1000);
    expect(toBoth).toBeLessThan(0.51 * toOne!);
    const online = foretoldWalk(dealtBefore(timeline), { between: slow });
    expect(online).toBeGreaterThan(Math.max(cost.toModelOwner, cost.toDataOwner) / 1000);
    expect(online).toBeLessThan((cost.toModelOwner + cost.toDataOwner) / 1000);
  });
});
