/** What a run will cost, known from its shapes before anything is shared. */
import { costOf, networkSeconds } from '../../mpc/cost';
import type { Plan } from '../../mpc/plan';
import { type Bytes, bytes, type Seconds } from '../../ring/units';
import { ASSUMED_NETWORK } from '../defaults';
import type { Estimate, WholeRun } from '../messages';
import { cut, ofTexts, type PassSize, sequencesIn } from '../pass-size';
import type { RunPlans } from '../run';
import type { Prepared, Work } from './methods/method';

const COUNTED = ['rounds', 'turns', 'toModelOwner', 'toDataOwner', 'dealt', 'operations'] as const;

/** A sum of passes. */
type Cost = Record<(typeof COUNTED)[number] | 'sequences' | 'seconds', number>;

/** `vectorBytes`: the longest vector that this side's device takes, by which batches are cut; the others' are not known yet. */
export function estimate({ reading: { plans }, works }: Prepared, vectorBytes: Bytes): Estimate {
  const mostOf = (of: RunPlans) => of.most({ vectorBytes });
  const costs = works(mostOf).map((work) => costOfWork(work, mostOf));
  const { name, unit } = costs.at(-1)!;
  const total = sum(costs.map((cost) => cost.total));
  return {
    unit: { name, ...omit(omit(unit, 'seconds'), 'turns') },
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
): WholeRun {
  const mostOf = (of: RunPlans) => of.most({ vectorBytes });
  const shorter = sum(
    works(mostOf)
      .slice(0, -1)
      .map((work) => costOfWork(work, mostOf).total),
  );
  const cost = plans.inTexts.costOf(ofTexts(sequences), true);
  const kept = times({ ...cost, sequences, seconds: secondsOf({ ...cost, dealt: 0 }) }, passes);
  return wholeRun(plans, sum([kept, shorter]), shorter.dealt);
}

const wholeRun = (plans: RunPlans, total: Cost, awaited: number): WholeRun => ({
  total: omit(omit(total, 'seconds'), 'operations'),
  awaited,
  numbers: { sequence: plans.numbersOf(1), total: plans.numbersOf(total.sequences) },
  networkSeconds: total.seconds,
});

/** Of one unit, and of all with their set-up. */
function costOfWork({ plans, unit: { name, size, count }, others }: Work, mostOf: (plans: RunPlans) => number) {
  const { toModelOwner, toDataOwner } = plans.setup;
  const setup: Cost = {
    ...{ rounds: 1, turns: 1, toModelOwner, toDataOwner, dealt: 0 },
    ...{ operations: 0, sequences: 0, seconds: 0 },
  };
  setup.seconds = secondsOf(setup);
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
      const cost = costOf(plan);
      return times({ ...cost, sequences: sequencesIn(plans.sizeOf(plan)), seconds: secondsOf(cost) }, count);
    }),
  );
}

const KEYS = [...COUNTED, 'sequences', 'seconds'] as const;

const combine = (value: (key: keyof Cost) => number): Cost =>
  Object.fromEntries(KEYS.map((key) => [key, value(key)])) as Cost;

const sum = (costs: Cost[]): Cost => combine((key) => costs.reduce((total, cost) => total + cost[key], 0));

const times = (cost: Cost, count: number): Cost => combine((key) => count * cost[key]);

const secondsOf = ({ turns, toModelOwner, toDataOwner, dealt }: Omit<Cost, 'seconds' | 'sequences'>): Seconds =>
  networkSeconds(
    { turns, toModelOwner: bytes(toModelOwner), toDataOwner: bytes(toDataOwner), dealt: bytes(dealt) },
    ASSUMED_NETWORK,
  );

function omit<T, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value;
  return rest;
}
