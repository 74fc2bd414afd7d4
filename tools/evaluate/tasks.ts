/** The texts and labels that tuning is tried on. None of them was read in pretraining. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Papa from 'papaparse';
import { type Document, readCorpus, setAside } from '../pretrain/corpus';

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

/** The sample with words that the built-in models were taught as opinions. */
export const feedbackAsOpinions = (): TaskData => ({
  ...feedback(),
  name: 'feedback-opinions',
  words: { praise: 'great', complaint: 'terrible' },
});

type Given = Pick<TaskData, 'title' | 'words' | 'tokens'>;

/** Of files that need not be there, by name. */
const GIVEN: Record<string, Given> = {
  ag: {
    title: 'AG News, four kinds of news',
    words: { 1: 'world', 2: 'sports', 3: 'business', 4: 'technology' },
    tokens: 64,
  },
  amazon: { title: 'Amazon reviews, positive or negative', words: { 1: 'great', 0: 'terrible' }, tokens: 48 },
  bank8: {
    title: 'Customers of a bank, eight intents',
    words: {
      card_arrival: 'received',
      card_delivery_estimate: 'delivery',
      card_linking: 'add',
      card_payment_wrong_exchange_rate: 'wrong',
      exchange_rate: 'rate',
      extra_charge_on_statement: 'extra',
      fiat_currency_support: 'support',
      pending_cash_withdrawal: 'cash',
    },
    tokens: 32,
  },
};

/** Those of a folder's NAME.tsv that are there: half of every label's examples to tune with, half to evaluate on. */
export const givenTasks = (folder: string): TaskData[] =>
  Object.entries(GIVEN)
    .map(([name, given]) => ({ name, given, path: join(folder, `${name}.tsv`) }))
    .filter(({ path }) => existsSync(path))
    .map(({ name, given, path }) => {
      const own: Row[] = [];
      const evaluation: Row[] = [];
      const seen = new Map<string, number>();
      for (const row of table(path)) {
        const before = seen.get(row[1]) ?? 0;
        seen.set(row[1], before + 1);
        (before % 2 === 0 ? own : evaluation).push(row);
      }
      return task({ name, ...given }, own, evaluation);
    });

const PAST = new Set(['was', 'were', 'had', 'did']);
const PRESENT = new Set(['is', 'are', 'has', 'does']);

/**
 * Tasks on the texts that pretraining sets aside. `reviews`: is the review whose last sentence this is positive? It serves to choose
 * settings. `source`: is this sentence from a film review or from an encyclopedia? `tense`: is it told in the past or in the present? The
 * model was never asked for either, nor were the words ever the answer to a prompt. `tense-blind`: the same with label words that say
 * nothing, so that the untuned prompt can only guess.
 */
export function heldOutTasks(folder: string): TaskData[] {
  if (!existsSync(join(folder, 'imdb-train.tsv.gz')))
    throw new Error(`${folder} has no imdb-train.tsv.gz: --corpus FOLDER says where the data lies`);
  // The limit spares reading what no task needs; all labelled reviews and all articles lie within it.
  const { labelled, articles } = setAside(readCorpus(folder, 25_001)).heldOut;
  const last = labelled.flatMap(({ sentences, label }): Row[] => {
    const words = sentences.at(-1);
    return words && words.length >= 5 ? [[words.join(' '), label!]] : [];
  });
  const fitting = (documents: Document[]) =>
    documents.flatMap(({ sentences }) => sentences.filter(({ length }) => length >= 6 && length <= 25));
  const told = fitting(labelled).flatMap((words): Row[] => {
    const [past, present] = [PAST, PRESENT].map((set) => words.some((word) => set.has(word)));
    return past === present ? [] : [[words.join(' '), past ? 'past' : 'present']];
  });
  const from = (documents: Document[], label: string) =>
    fitting(documents).map((words): Row => [words.join(' '), label]);
  const tense = (name: string, past: string, present: string) =>
    task(
      {
        ...{ name, title: 'Sentences of IMDB reviews, told in the past or in the present', tokens: 48 },
        words: { past, present },
      },
      ...split(even(told)),
    );
  return [
    task(
      { name: 'reviews', title: 'Last sentences of IMDB reviews, positive or negative', words: SENTIMENT, tokens: 48 },
      ...split(last),
    ),
    task(
      {
        ...{ name: 'source', title: 'Sentences of IMDB reviews and of WikiText-2', tokens: 48 },
        words: { review: 'review', encyclopedia: 'encyclopedia' },
      },
      ...split(even([...from(labelled, 'review'), ...from(articles, 'encyclopedia')])),
    ),
    tense('tense', 'was', 'is'),
    tense('tense-blind', 'by', 'on'),
  ];
}

/** As many of each label, label after label. */
function even(rows: readonly Row[]): Row[] {
  const groups = [...new Set(rows.map(([, label]) => label))].map((label) => rows.filter((row) => row[1] === label));
  const fewest = Math.min(...groups.map(({ length }) => length));
  // From all over, as the first ones would be of a few documents.
  return groups.flatMap((rows) =>
    rows.filter((_, i) => Math.floor((i * fewest) / rows.length) !== Math.floor(((i - 1) * fewest) / rows.length)),
  );
}

/** [to tune with, to evaluate on]: rows from all over. */
function split(rows: readonly Row[]): [Row[], Row[]] {
  const every = rows.length / EVALUATION;
  const chosen = new Set(Array.from({ length: Math.min(EVALUATION, rows.length) }, (_, i) => Math.floor(i * every)));
  return [rows.filter((_, i) => !chosen.has(i)), rows.filter((_, i) => chosen.has(i))];
}
