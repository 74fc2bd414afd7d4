/** What passes cost, one by one and added up, for the pages. */
import type { PlanCost } from '../mpc/cost';
import type { PassReport } from '../mpc/report';
import type { OperationCost, SessionEvent } from './messages';

type PassEvent = SessionEvent & { type: 'pass' };

/** What both owners see of a pass. */
export function passEvent(
  { rounds, toModelOwner, toDataOwner, dealt, seconds }: PassReport,
  counts: Pick<PassEvent, 'sequences' | 'numbers' | 'tokens' | 'budgetUsed' | 'budget'>,
): PassEvent {
  return { type: 'pass', ...counts, seconds: seconds.total, rounds, bytes: { toModelOwner, toDataOwner, dealt } };
}

interface PassCounts {
  sequences: number;
  numbers: number;
  astray?: number;
  /** Its correlations were dealt ahead. */
  isKept?: boolean;
}

export class Totals {
  private readonly sum: SessionEvent & { type: 'totals' } = {
    type: 'totals',
    rounds: 0,
    bytes: { toModelOwner: 0, toDataOwner: 0, dealt: 0 },
    sequences: 0,
    numbers: 0,
    astray: 0,
    clamped: 0,
    passes: 0,
    ahead: 0,
    byOperation: {},
  };

  /** The masked matrices of a run's set-up: one message each way. */
  addSetup({ toModelOwner, toDataOwner }: { toModelOwner: number; toDataOwner: number }): void {
    this.add('set-up', { rounds: 1, toModelOwner, toDataOwner, dealt: 0 });
    this.sum.rounds += 1;
    this.sum.bytes.toModelOwner += toModelOwner;
    this.sum.bytes.toDataOwner += toDataOwner;
  }

  /** What the data owner said of a pass while it was prepared ahead; the rest of it counts when it is used. */
  addAhead({ knownAhead, byOperation }: PlanCost): void {
    this.sum.bytes.toModelOwner += knownAhead;
    for (const [name, { knownAhead: toModelOwner }] of Object.entries(byOperation))
      if (toModelOwner > 0) this.add(name, { rounds: 0, toModelOwner, toDataOwner: 0, dealt: 0 });
  }

  /** `numbers`: what it opened to the data owner. `astray`: of the sequences, those whose numbers are out of calibrated bounds. */
  addPass(report: PassReport, { sequences, numbers, astray = 0, isKept = false }: PassCounts): void {
    this.sum.passes += 1;
    this.sum.ahead += Number(isKept);
    this.sum.sequences += sequences;
    this.sum.numbers += numbers;
    this.sum.astray += astray;
    this.sum.clamped += report.clamped;
    this.sum.rounds += report.rounds;
    for (const key of ['toModelOwner', 'toDataOwner', 'dealt'] as const) this.sum.bytes[key] += report[key];
    for (const [name, cost] of Object.entries(report.byOperation)) this.add(name, cost);
  }

  /** Opened so far. */
  get numbers(): number {
    return this.sum.numbers;
  }

  get event(): SessionEvent & { type: 'totals' } {
    return structuredClone(this.sum);
  }

  private add(name: string, cost: OperationCost): void {
    this.sum.byOperation[name] ??= { rounds: 0, toModelOwner: 0, toDataOwner: 0, dealt: 0 };
    const entry = this.sum.byOperation[name];
    for (const key of ['rounds', 'toModelOwner', 'toDataOwner', 'dealt'] as const) entry[key] += cost[key];
  }
}
