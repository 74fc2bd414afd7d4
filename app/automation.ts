/**
 * `window.secfwt`: what the page shows, as data, for demo drivers and end-to-end tests. Read-only: every access makes a copy,
 * and whoever wants to do something presses the same buttons as a person.
 */
import { describeReading } from '../src/data/read-as';
import type { SkippedRows, TableSummary } from './data/messages';
import { useActivity } from './stores/activity';
import { useAdapter } from './stores/adapter';
import { useDataset } from './stores/dataset';
import { useDistance } from './stores/distance';
import { useNewTexts } from './stores/new-texts';
import { usePreparation } from './stores/preparation';
import { useSession } from './stores/session';
import { useStock } from './stores/stock';
import { useTraffic } from './stores/traffic';
import { useTraining } from './stores/training';

let breaks = 0;

/** Not to be kept or changed: the stores' own. */
function current() {
  const { terms, stage, links, compute, model, limits, ending, returning, silentSeconds } = useSession.getState();
  const {
    phase,
    history,
    baseline,
    runs,
    secondsLeft,
    settings,
    loaded,
    unloadable,
    classifying,
    textProblems,
    classifications,
  } = useTraining.getState();
  const { totals, passes } = useTraffic.getState();
  const preparation = usePreparation.getState();
  const { kept, making, problem } = useStock.getState();
  const newTexts = useNewTexts.getState();
  const { training, evaluation } = useDataset.getState();
  const result = runs.at(-1)?.result;
  const search = result && result.method !== 'head' ? result : undefined;
  const head = result?.method === 'head' ? result : undefined;
  return {
    /** One word for where everything stands: none, connecting, handshake, ready, running, …, finished, ended. */
    state: stage === 'ready' && phase !== 'setup' ? phase : stage,
    session: terms,
    links,
    /** The way to the other party, as measured. */
    distance: useDistance.getState().distance,
    /** From the dealer to either party. */
    fromDealer: useDistance.getState().fromDealer,
    /** What computes: the worker's word once it has one, else what the browser offers. */
    adapter: compute?.backend ?? useAdapter.getState().description,
    model,
    limits,
    preparation: {
      status: preparation.status,
      method: preparation.prepared?.method,
      reading: preparation.prepared?.reading,
      estimate: preparation.prepared?.estimate,
      invalid: preparation.problems.map(({ message }) => message),
    },
    /** Passes that are prepared ahead. */
    stock: { kept, making, problem },
    activity: useActivity.getState().activity,
    settings,
    history,
    baseline,
    data: {
      ...readingOf(training.table, training.dataset?.skipped),
      busy: [training, evaluation].some(({ reading, rereading }) => reading !== undefined || rereading === true),
    },
    /** Untuned and tuned, on the examples that chose nothing. */
    untuned: search?.baseline,
    final: result?.final,
    measuredOn: result?.measuredOn,
    /** What the data owner could do alone on the same examples, and what the model adds to it. */
    alone: result?.alone,
    verdict: result?.verdict,
    bestGeneration: search?.bestGeneration,
    crossValidated: head?.crossValidated,
    trained: head?.trained,
    fit: head?.fit,
    c: head?.c,
    secondsLeft,
    totals,
    passes,
    /** A file of an earlier run, and new texts. */
    loaded,
    unloadable,
    classifying,
    textProblems,
    classifications,
    newTexts: {
      column: newTexts.column,
      count: newTexts.texts?.length,
      problem: newTexts.problem,
      busy: newTexts.texts === undefined && newTexts.problem === undefined && newTexts.table !== undefined,
      ...readingOf(newTexts.table, newTexts.skipped),
    },
    ending,
    returning,
    /** Sessions that have ended since this page was loaded. */
    breaks,
    silentSeconds,
  };
}

/** What was assumed of a file, in words, and how many of its rows were left out. */
const readingOf = (table: TableSummary | undefined, skipped: SkippedRows | undefined) => ({
  readAs: table && describeReading(table.how),
  skipped: (table?.skipped.count ?? 0) + (skipped?.count ?? 0),
});

export type Snapshot = ReturnType<typeof current>;

declare global {
  interface Window {
    readonly secfwt: Snapshot;
  }
}

export function exposeSnapshot(): void {
  useSession.subscribe((now, before) => {
    if (now.stage === 'ended' && before.stage !== 'ended') breaks++;
  });
  const keys = Object.keys(current()) as (keyof Snapshot)[];
  const view = {};
  for (const key of keys)
    Object.defineProperty(view, key, { enumerable: true, get: () => structuredClone(current()[key]) });
  Object.defineProperty(window, 'secfwt', { value: Object.freeze(view), enumerable: true });
}
