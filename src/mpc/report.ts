/** What passes cost, as counted. */
import type { Part } from './operation';
import { partBytes } from './operation';

export interface Traffic {
  toModelOwner: number;
  toDataOwner: number;
  dealt: number;
}

export interface PassReport extends Traffic {
  rounds: number;
  /** By kind of node. Rounds: those in which the kind had something to say; rounds are shared, so these do not add up. */
  byOperation: Record<string, Traffic & { rounds: number }>;
  /** Numbers of the data owner's input that have no fixed-point form (`saturate`); the model owner counts none. */
  clamped: number;
  /** In all; of it waiting for the other party, and for correlations. */
  seconds: { total: number; peer: number; dealer: number };
}

const DIRECTIONS = ['toModelOwner', 'toDataOwner', 'dealt'] as const;

const none = () => ({ rounds: 0, toModelOwner: 0, toDataOwner: 0, dealt: 0 });

export const emptyReport = (): PassReport => ({
  ...none(),
  byOperation: {},
  clamped: 0,
  seconds: { total: 0, peer: 0, dealer: 0 },
});

/** The line of a report for one kind of node. */
export function lineOf({ byOperation }: PassReport, kind: string): Traffic & { rounds: number } {
  byOperation[kind] ??= none();
  return byOperation[kind];
}

export function countParts(report: PassReport, kind: string, direction: keyof Traffic, parts: Part[]): void {
  const bytes = partBytes(parts);
  if (bytes === 0) return;
  lineOf(report, kind)[direction] += bytes;
  report[direction] += bytes;
}

/** What several passes cost together. */
export function sumReports(reports: PassReport[]): PassReport {
  const sum = emptyReport();
  for (const report of reports) {
    for (const key of ['rounds', 'clamped', ...DIRECTIONS] as const) sum[key] += report[key];
    for (const key of ['total', 'peer', 'dealer'] as const) sum.seconds[key] += report.seconds[key];
    for (const [kind, line] of Object.entries(report.byOperation)) {
      const to = lineOf(sum, kind);
      for (const key of ['rounds', ...DIRECTIONS] as const) to[key] += line[key];
    }
  }
  return sum;
}
