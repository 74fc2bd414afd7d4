/** The texts and labels that tuning is tried on. None of them was read in pretraining. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Papa from 'papaparse';
import { readCorpus } from '../pretrain/corpus';

export interface TaskData {
  name: string;
  /** What it is, for the report. */
  title: string;
  texts: string[];
  labels: string[];
  /** label → label word */
  words: Record<string, string>;
  /** Examples from here on are for the reported figures only. */
  evaluationFrom: number;
  /** Padded length that its texts need. */
  tokens: number;
}

const SENTIMENT = { positive: 'great', negative: 'terrible' };
/** Of the tasks made from reviews. */
const EVALUATION = 600;

type Row = readonly [text: string, label: string];

function task(
  fields: Pick<TaskData, 'name' | 'title' | 'words' | 'tokens'>,
  own: readonly Row[],
  evaluation: readonly Row[],
): TaskData {
  const rows = [...own, ...evaluation];
  return {
    ...fields,
    texts: rows.map(([text]) => text),
    labels: rows.map(([, label]) => label),
    evaluationFrom: own.length,
  };
}

function table(path: string): Row[] {
  if (!existsSync(path)) throw new Error(`${path} is missing: --corpus FOLDER says where the data lies`);
  const { data } = Papa.parse<{ text: string; label: string }>(readFileSync(path, 'utf8'), {
    header: true,
    skipEmptyLines: true,
    ...(path.endsWith('.tsv') ? { delimiter: '\t', quoteChar: '\0' } : {}),
  });
  return data.map(({ text, label }) => [text, label]);
}

export const sst2 = (folder: string): TaskData =>
  task(
    { name: 'sst2', title: 'SST-2: film review sentences, positive or negative', words: SENTIMENT, tokens: 48 },
    table(join(folder, 'sst2-train.tsv')),
    table(join(folder, 'sst2-dev.tsv')),
  );

export const feedback = (): TaskData =>
  task(
    {
      ...{ name: 'feedback', title: 'Patient feedback (the sample), praise or complaint', tokens: 24 },
      words: { praise: 'praise', complaint: 'complaint' },
    },
    table('public/samples/patient-feedback.csv'),
    table('public/samples/patient-feedback-heldout.csv'),
  );

const PAST = new Set(['was', 'were', 'had', 'did']);
const PRESENT = new Set(['is', 'are', 'has', 'does']);

/**
 * Tasks on the IMDB reviews that pretraining sets aside. `reviews`: is the review whose last sentence this is positive? It serves to
 * choose settings. `tense`: is this sentence told in the past or in the present? The model was never asked that, nor were `was` and `is`
 * ever the answer to a prompt. `tense-blind`: the same with label words that say nothing, so that the untuned prompt can only guess.
 */
export function reviewTasks(folder: string): TaskData[] {
  if (!existsSync(join(folder, 'imdb-train.tsv.gz')))
    throw new Error(`${folder} has no imdb-train.tsv.gz: --corpus FOLDER says where the data lies`);
  // The limit spares reading what no task needs; all labelled reviews lie within it. Every 25th is set aside, as tools/pretrain does.
  const held = readCorpus(folder, 25_001).labelled.filter((_, i) => i % 25 === 0);
  const last = held.flatMap(({ sentences, label }): Row[] => {
    const words = sentences.at(-1);
    return words && words.length >= 5 ? [[words.join(' '), label!]] : [];
  });
  const told = held.flatMap(({ sentences }) =>
    sentences.flatMap((words): Row[] => {
      const [past, present] = [PAST, PRESENT].map((set) => words.some((word) => set.has(word)));
      if (words.length < 6 || words.length > 25 || past === present) return [];
      return [[words.join(' '), past ? 'past' : 'present']];
    }),
  );
  const fewer = Math.min(...['past', 'present'].map((label) => told.filter((row) => row[1] === label).length));
  const even = ['past', 'present'].flatMap((label) => told.filter((row) => row[1] === label).slice(0, fewer));
  const split = (rows: readonly Row[]): [Row[], Row[]] => {
    const every = rows.length / EVALUATION;
    const chosen = new Set(Array.from({ length: Math.min(EVALUATION, rows.length) }, (_, i) => Math.floor(i * every)));
    return [rows.filter((_, i) => !chosen.has(i)), rows.filter((_, i) => chosen.has(i))];
  };
  const tense = (name: string, past: string, present: string) =>
    task(
      {
        ...{ name, title: 'Sentences of IMDB reviews, told in the past or in the present', tokens: 48 },
        words: { past, present },
      },
      ...split(even),
    );
  return [
    task(
      { name: 'reviews', title: 'Last sentences of IMDB reviews, positive or negative', words: SENTIMENT, tokens: 48 },
      ...split(last),
    ),
    tense('tense', 'was', 'is'),
    tense('tense-blind', 'by', 'on'),
  ];
}
