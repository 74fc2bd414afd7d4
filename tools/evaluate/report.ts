/** docs/accuracy.md from docs/accuracy.json: everything it says of figures is computed from them. */
import type { Outcome } from './experiment';
import type { Comparison } from './mpc';
import type { PretrainingFigures } from './pretraining';
import { type Figures, METHOD_HEADS, METHOD_TITLES } from './sections';

export const sectionNames = ['methods', 'mpc', 'pretraining', 'optimizers', 'sweep', 'templates'] as const;
export type SectionName = (typeof sectionNames)[number];

/** The model's weights (the beginning of their SHA-256) that the figures are of. */
type Of<T> = T & { model?: string };

export interface Report {
  sections: {
    methods?: Figures;
    mpc?: Of<Comparison>;
    pretraining?: Of<PretrainingFigures>;
    optimizers?: Of<Figures>;
    sweep?: Of<Figures>;
    templates?: Of<Figures>;
  };
}

const INTRODUCTION = `# Accuracy

Written by \`npm run evaluate\`, which also keeps every single outcome in [accuracy.json](accuracy.json); the tables of checkpoints that are not built in by

\`\`\`sh
npm run evaluate -- --only methods --model FOLDER   # as Hugging Face lays it out; may be given several times
\`\`\`

Accuracies are in percent, mean ± standard
deviation over seeds; a seed draws the examples, the random projection, the optimiser's numbers and the batches. Under each table stands which
weights it is of (the beginning of the SHA-256 of model.safetensors), since a section keeps its figures until it is run again.

The tasks. Every one of them is reported on examples that no tuning saw: neither to learn from nor to choose its best prompt by.

- **sst2**: SST-2, sentences of film reviews, positive or negative; label words *great* and *terrible*. Examples come from its training file,
  figures from all 872 sentences of its dev file. The model was pretrained on film reviews with prompts for opinions, so the untuned prompt
  already knows the task; no sentence of SST-2 (of six words or more) occurs in its pretraining texts.
- **amazon**: sentences of Amazon reviews, positive or negative (words *great* and *terrible*). **ag**: AG News, four kinds of news (*world, sports, business,
  technology*). **bank8**: what customers of a bank want, eight intents, too few for 64 examples a class. Half of every label's examples are kept for the
  figures. Of these three the built-in models were never taught anything.
- **feedback-opinions**: *feedback* with the words *great* and *terrible*, which the built-in models know as opinions.
- **source**: is a sentence from a film review or from an encyclopedia (WikiText-2)? Label words *review* and *encyclopedia*. No prompt of
  pretraining asks for it, neither word is ever the answer to one, and the sentences are from texts that pretraining set aside.
- **tense**: is a sentence of a review told in the past or in the present (has it one of *was, were, had, did* or one of *is, are, has,
  does*)? Label words *was* and *is*. Never asked for either, on reviews that pretraining set aside. That one word decides makes it easy for n-grams and hard for a model that averages.
- **tense-blind**: the same with the label words *by* and *on*, which say nothing: all that is known of the task, tuning has to bring.
- **feedback**: the sample, short notes of patients written for this project, praise or complaint, with these for label words, which pretraining never taught it as opinions; 120 notes of their own for the figures.
- **reviews**: the last sentence of the same set-aside reviews, positive or negative. The project's default settings were chosen by the figures of *reviews* and *tense*, so those of *tense* flatter a little.
`;

const TITLES: Record<SectionName, [title: string, text: string]> = {
  methods: [
    'What each method makes of so many examples',
    `Alone, the data owner has *majority* (the most frequent label), *n-grams* (logistic regression on words and pairs of words) and *public embeddings*
(the same on the mean of a text's word embeddings, which the protocol makes public). With the model: a *head*, logistic regression on what was opened of every
text once: a sentence encoder's vector, or a masked language model's hidden state at the mask under the untuned prompt; a *head on label words*, on
their logits there alone (of a language model either is fitted by DecT where cross-validation does not clearly prefer logistic regression); a *prompt*, found by the search with the
defaults of \`src/session/defaults.ts\`; a *prompt and head*, searched for together on label words' logits. All of that is in plaintext and with the code that sessions run. The upper limit,
which needs weights and examples in one place: the prompt's own numbers, or all weights, tuned by Adam.

Penalties are chosen by cross-validation on the training examples; what chooses otherwise (the best prompt, epoch or rate) has as many examples a class again to choose by, or a third of
what is there if that is less. *Untuned* is the template with the label words.`,
  ],
  mpc: [
    'Under MPC',
    `The same tuning on shares, in two browser tabs and with the dealer's server, against plaintext with the same seed: the same examples, candidates and
batches, so that any difference is due to fixed point and to gates in place of functions. Where that swaps
two candidates' ranks, the searches go different ways from there on.`,
  ],
  pretraining: [
    'What pretraining is made of',
    `Models of the built-in model's size, pretrained from scratch for the same number of steps, each with one thing changed: softmax attention in place of random
features (and without the penalties that secure ranges need); one template for each thing that prompts ask, in place of several; fewer kinds of practice. That is a fraction of what the built-in model had: the
comparison is fair between them, and none is what its kind could become. The built-in model
has several templates because people bring templates of their own, and all kinds of practice because they bring tasks of their own; what that costs
after so few steps is to be seen here.`,
  ],
  optimizers: [
    'Optimisers',
    'All with the same number of forward passes and 16 examples a class. In brackets the cross-entropy, which is less noisy than accuracy.',
  ],
  sweep: [
    'Settings',
    `One change at a time to the defaults, with 16 examples a class; but for the number of generations, always with the same number of forward passes (fewer
or more generations make up for larger or smaller ones).`,
  ],
  templates: ['Templates and label words', 'On public data only: *reviews*, 16 examples a class.'],
};

export function render(report: Report): string {
  const parts = [INTRODUCTION, goals(report)];
  for (const name of sectionNames) {
    const figures = report.sections[name];
    if (!figures) continue;
    const [title, text] = TITLES[name];
    const details = [
      'model' in figures && `weights ${figures.model}…`,
      figures.seeds > 1 ? `${figures.seeds} seeds` : 'one seed',
      'seconds' in figures && `${(figures.seconds / 60).toFixed(0)} minutes of one process`,
    ];
    parts.push(`## ${title}\n\n${text}\n\n${body(report, name)}\n\n*${details.filter(Boolean).join(', ')}*\n`);
  }
  return `${parts.join('\n')}`;
}

function body({ sections }: Report, name: SectionName): string {
  if (name === 'mpc') return mpcTable(sections.mpc!);
  if (name === 'methods') return methodsTables(sections.methods!);
  if (name === 'pretraining') return pretrainingTable(sections.pretraining!);
  const brackets = name === 'optimizers' || name === 'sweep' || name === 'templates';
  return figuresTable(sections[name]!, brackets);
}

function figuresTable({ heads, rows }: Pick<Figures, 'heads' | 'rows'>, withLoss: boolean): string {
  const columns = [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))];
  const tuned = (outcomes: Outcome[] | undefined) => {
    if (!outcomes) return '';
    const losses = outcomes.flatMap(({ loss }) => loss ?? []);
    return spread(outcomes.map((o) => o.tuned)) + (withLoss && losses.length ? ` (${mean(losses).toFixed(3)})` : '');
  };
  const untuned = (cells: Record<string, Outcome[]>) => {
    const known = Object.values(cells).map((outcomes) => outcomes.flatMap((o) => o.untuned ?? []));
    return known
      .filter((values) => values.length > 0)
      .map((values) => percent(mean(values)))
      .join(' / ');
  };
  const lines = rows.map(({ labels, cells }) => ({
    labels,
    untuned: untuned(cells),
    tuned: columns.map((column) => tuned(cells[column])),
  }));
  const prompted = lines.some((line) => line.untuned !== '');
  return table(
    [...heads, ...(prompted ? ['untuned'] : []), ...columns],
    lines.map((line) => [...line.labels, ...(prompted ? [line.untuned] : []), ...line.tuned]),
  );
}

/** A table of accuracies a model, and one of what they ask of the model owner. */
function methodsTables({ rows }: Figures): string {
  const [, ...heads] = METHOD_HEADS;
  return [...new Set(rows.map(({ labels }) => labels[0]!))]
    .map((model) => {
      const own = rows
        .filter(({ labels }) => labels[0] === model)
        .map(({ labels, ...row }) => ({ ...row, labels: labels.slice(1) }));
      const weights = [...new Set(own.map((row) => row.weights))].map((digest) => `${digest}…`).join(', ');
      return `### ${model}\n\n${figuresTable({ heads, rows: own }, false)}\n\n*weights ${weights}*\n\n${askedOf(own)}`;
    })
    .join('\n\n');
}

/** Forward passes and numbers opened, by method: of the first task's rows, as these depend on texts and classes alone. */
function askedOf(rows: Figures['rows']): string {
  const task = rows[0]!.labels[0];
  const own = rows.filter(({ labels }) => labels[0] === task);
  const columns = Object.values(METHOD_TITLES).filter((title) =>
    own.some(({ cells }) => cells[title]?.some(({ passes }) => passes !== undefined)),
  );
  const cell = (outcomes: Outcome[] | undefined) => {
    const [first] = outcomes ?? [];
    if (first?.passes === undefined || first.numbers === undefined) return '';
    return `${first.passes.toLocaleString('en')} / ${first.numbers.toLocaleString('en')}`;
  };
  const lines = own.map(({ labels, cells }) => [labels[1]!, ...columns.map((title) => cell(cells[title]))]);
  return `Forward passes / numbers opened to tune on ${task}, which has two labels; a text that is labelled later costs one pass more:

${table(['Examples a class', ...columns], lines)}`;
}

function mpcTable({ runs }: Comparison): string {
  return table(
    [
      'Task',
      'Generations',
      'Sequences',
      'Untuned',
      'Untuned, MPC',
      'Tuned',
      'Tuned, MPC',
      'Losses apart (mean, most)',
      'Minutes',
    ],
    runs.map(({ task, generations, sequences, untuned, tuned, lossDistance, seconds }) => [
      task,
      String(generations),
      String(sequences),
      percent(untuned.plaintext),
      percent(untuned.mpc),
      percent(tuned.plaintext),
      percent(tuned.mpc),
      `${lossDistance.mean.toFixed(4)}, ${lossDistance.largest.toFixed(4)}`,
      (seconds / 60).toFixed(1),
    ]),
  );
}

function pretrainingTable({ variants, steps }: PretrainingFigures): string {
  const tasks = [...new Set(variants.flatMap(({ tuned }) => Object.keys(tuned)))];
  const lines = table(
    ['Variant', 'Cloze loss', ...tasks.flatMap((task) => [`${task}, untuned`, `${task}, tuned`])],
    variants.map(({ name, cloze, tuned }) => [
      name,
      cloze.toFixed(3),
      ...tasks.flatMap((task) => [
        percent(mean(tuned[task]!.map((o) => o.untuned!))),
        spread(tuned[task]!.map((o) => o.tuned)),
      ]),
    ]),
  );
  return `${lines}\n\n${steps} steps each. Cloze: one hidden token in each of some thousand set-aside sentences, in nats.`;
}

/** Figures that were asked for: the mean accuracy of a model's method on a task with 16 examples a class. */
const WANTED: [model: string, method: keyof typeof METHOD_TITLES, task: string, least: number][] = [
  ['tiny', 'forward-only', 'sst2', 0.75],
  ['bge-small-en-v1.5', 'head', 'sst2', 0.8],
  ['bge-small-en-v1.5', 'head', 'amazon', 0.93],
  ['bge-small-en-v1.5', 'head', 'ag', 0.77],
];
const GOAL_SHOTS = '16';

/** Where the project wanted to be, and where it is. */
function goals({ sections }: Report): string {
  const lines: string[] = [];
  const add = (goal: string, reached: boolean, figure: string) =>
    lines.push(`- ${goal}: ${figure} — ${reached ? 'reached' : 'not reached'}.`);
  const cell = (model: string, task: string, method: keyof typeof METHOD_TITLES) =>
    sections.methods?.rows.find(({ labels }) => labels.join() === [model, task, GOAL_SHOTS].join())?.cells[
      METHOD_TITLES[method]
    ];
  for (const [model, method, task, least] of WANTED) {
    const outcomes = cell(model, task, method);
    if (!outcomes) continue;
    const accuracy = mean(outcomes.map((o) => o.tuned));
    const goal = `${task}, ${GOAL_SHOTS} examples a class, ${METHOD_TITLES[method]} with ${model}, at least ${100 * least} %`;
    add(goal, accuracy >= least, `${percent(accuracy)} %`);
  }
  for (const task of ['source', 'tense', 'tense-blind']) {
    const outcomes = cell('tiny', task, 'forward-only');
    if (!outcomes) continue;
    const gain = mean(outcomes.map((o) => o.tuned - o.untuned!));
    add(
      'At least 15 points gained by a prompt on a task and label words that the model was never prompted with',
      gain >= 0.15,
      `${percent(gain)} points on ${task} with 16 examples a class`,
    );
  }
  if (sections.mpc) {
    const apart = Math.max(...sections.mpc.runs.map(({ tuned }) => Math.abs(tuned.mpc - tuned.plaintext)));
    add('MPC within one point of plaintext', apart <= 0.01, `${percent(apart)} points at most`);
  }
  return lines.length > 0 ? `## Goals\n\n${lines.join('\n')}\n` : '';
}

function table(heads: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

const percent = (x: number) => (100 * x).toFixed(1);
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

function spread(values: number[]): string {
  if (values.length === 1) return percent(values[0]!);
  const centre = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
  return `${percent(centre)} ± ${percent(Math.sqrt(variance))}`;
}
