/** A run's history as files for a person's own notebook. */
import type { GenerationRecord, Measurement, Result, TuningSettings } from '../../src/session/messages';
import type { Pass } from '../stores/traffic';

/** A run that is under way, or a finished one's figures. */
export interface Run extends Partial<Omit<Result, 'file' | 'answers' | 'wrong'>> {
  settings?: TuningSettings;
  baseline?: Measurement;
  bestGeneration?: number;
  history?: GenerationRecord[];
  /** Of the session: what a run that learns a head is made of. */
  passes?: readonly Pass[];
}

/** What is written of a finished run beside the files that are its own; no text is in it. */
export function recordOf(run: { result: Result; settings?: TuningSettings }, passes: readonly Pass[]): Run {
  const { file: _, answers: __, wrong: ___, ...figures } = run.result;
  return { settings: run.settings, ...figures, ...(figures.method === 'head' && { passes }) };
}

export const historyJson = (run: Run): string => `${JSON.stringify(run, null, 2)}\n`;

const FIXED = [
  'generation',
  'loss',
  'bestLoss',
  'accuracy',
  'heldOutLoss',
  'seconds',
  'rounds',
  'bytesToModelOwner',
  'bytesToDataOwner',
  'bytesDealt',
] as const;

export const keysOf = (maps: Record<string, unknown>[]): string[] => [...new Set(maps.flatMap(Object.keys))];

/** One row a generation; operations and phases that occur anywhere in the run get a column each. */
export function historyCsv(history: GenerationRecord[]): string {
  const operations = keysOf(history.map((record) => record.byOperation));
  const phases = keysOf(history.map((record) => record.secondsBy));
  const head = [
    ...FIXED,
    ...operations.flatMap((name) => [`${name}:rounds`, `${name}:online bytes`, `${name}:dealt bytes`]),
    ...phases.map((name) => `${name}:seconds`),
  ];
  const rows = history.map((record) => [
    record.generation,
    record.loss,
    record.bestLoss,
    record.accuracy ?? '',
    record.heldOutLoss ?? '',
    record.seconds,
    record.rounds,
    record.bytes.toModelOwner,
    record.bytes.toDataOwner,
    record.bytes.dealt,
    ...operations.flatMap((name) => {
      const cost = record.byOperation[name];
      return cost ? [cost.rounds, cost.toModelOwner + cost.toDataOwner, cost.dealt] : [0, 0, 0];
    }),
    ...phases.map((name) => record.secondsBy[name] ?? 0),
  ]);
  return `${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

const cell = (value: string | number): string => {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
