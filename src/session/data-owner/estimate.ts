/** What a run will cost, known from its shapes before anything is shared. */
import { costOf } from '../../mpc/cost';
import type { Plan } from '../../mpc/plan';
import { dealtBefore, timelineOf } from '../../mpc/timeline';
import type { Bytes } from '../../ring/units';
import type { RunShape } from '../control';
import type { Estimate, PlannedPasses, WholeRun } from '../messages';
import { cut, ofTexts, type PassSize, sequencesIn } from '../pass-size';
import type { RunPlans } from '../run';
import type { Prepared, Work } from './methods/method';

const COUNTED = ['rounds', 'toModelOwner', 'toDataOwner', 'dealt', 'operations', 'sequences'] as const;

/** A sum of passes, and what they are. */
type Cost = Record<(typeof COUNTED)[number], number> & { passes: readonly PlannedPasses[] };

/** `vectorBytes`: the longest vector that this side's device takes, by which batches are cut; the others' are not known yet. */
export function estimate(
  { reading: { plans }, works }: Prepared,
  vectorBytes: Bytes,
  dealtTo: RunShape['dealtTo'],
): Estimate {
  const mostOf = (of: RunPlans) => of.most({ vectorBytes });
  const costs = works(mostOf).map((work) => costOfWork(work, mostOf, dealtTo));
  const { name, unit } = costs.at(-1)!;
  const total = sum(costs.map((cost) => cost.total));
  return {
    unit: { name, ...omit(unit, 'passes') },
    ...wholeRun(plans, total, total.dealt),
  };
}

/**
 * The same run where its longest texts' passes are prepared ahead, so many of so many sequences each: they need no set-up, and nothing
 * that was dealt or said before is waited for. What there is of other lengths is as it was.
 */
export function estimateAhead(
  { reading: { plans }, works }: Pick<Prepared, 'reading' | 'works'>,
  vectorBytes: Bytes,
  { sequences, passes }: { sequences: number; passes: number },
  dealtTo: RunShape['dealtTo'],
): WholeRun {
  const mostOf = (of: RunPlans) => of.most({ vectorBytes });
  const shorter = sum(
    works(mostOf)
      .slice(0, -1)
      .map((work) => costOfWork(work, mostOf, dealtTo).total),
  );
  const size = ofTexts(sequences);
  const rounds = dealtBefore(plans.ahead.timelineOf(size, true));
  const kept = times(
    { ...plans.ahead.costOf(size, true), sequences, passes: [{ rounds, sequences, count: 1 }] },
    passes,
  );
  return wholeRun(plans, sum([kept, shorter]), shorter.dealt);
}

const wholeRun = (plans: RunPlans, total: Cost, awaited: number): WholeRun => ({
  total: omit(omit(total, 'passes'), 'operations'),
  awaited,
  numbers: { sequence: plans.numbersOf(1), total: plans.numbersOf(total.sequences) },
  passes: total.passes,
});

/** Of one unit, and of all with their set-up. */
function costOfWork(
  { plans: anyhow, unit: { name, size, count }, others }: Work,
  mostOf: (plans: RunPlans) => number,
  dealtTo: RunShape['dealtTo'],
) {
  const plans = anyhow.dealtTo(dealtTo);
  const { toModelOwner, toDataOwner } = plans.setup;
  const traffic = { toModelOwner, toDataOwner, dealt: 0 };
  const setup: Cost = {
    ...traffic,
    ...{ rounds: 1, operations: 0, sequences: 0 },
    passes: [{ rounds: [{ ...traffic, dealtToDataOwner: 0, answered: 0, strands: 1 }], sequences: 0, count: 1 }],
  };
  const unit = costOfBatches(plans, [size], mostOf);
  return { name, unit, total: sum([setup, times(unit, count), costOfBatches(plans, others.map(ofTexts), mostOf)]) };
}

const costOfBatches = (plans: RunPlans, batches: readonly PassSize[], mostOf: (plans: RunPlans) => number): Cost =>
  costOfPasses(
    plans,
    batches.flatMap((batch) => cut(batch, mostOf(plans))),
  );

/** Every size is counted once, however often it comes. */
function costOfPasses(plans: RunPlans, sizes: readonly PassSize[]): Cost {
  const counts = new Map<Plan, number>();
  for (const plan of sizes.map((size) => plans.of(size))) counts.set(plan, (counts.get(plan) ?? 0) + 1);
  return sum(
    [...counts].map(([plan, count]) => {
      const sequences = sequencesIn(plans.sizeOf(plan));
      return times({ ...costOf(plan), sequences, passes: [{ rounds: timelineOf(plan), sequences, count: 1 }] }, count);
    }),
  );
}

const combine = (value: (key: (typeof COUNTED)[number]) => number, passes: readonly PlannedPasses[]): Cost => ({
  ...(Object.fromEntries(COUNTED.map((key) => [key, value(key)])) as Omit<Cost, 'passes'>),
  passes,
});

const sum = (costs: Cost[]): Cost =>
  combine(
    (key) => costs.reduce((total, cost) => total + cost[key], 0),
    costs.flatMap(({ passes }) => passes),
  );

const times = (cost: Cost, by: number): Cost =>
  combine(
    (key) => by * cost[key],
    cost.passes.map((pass) => ({ ...pass, count: by * pass.count })),
  );

function omit<T, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value;
  return rest;
}
