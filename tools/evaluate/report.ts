/** docs/accuracy.md from docs/accuracy.json: everything it says of figures is computed from them. */
import type { Outcome } from './experiment';
import type { Comparison } from './mpc';
import type { PretrainingFigures } from './pretraining';
import type { Figures } from './sections';

export const sectionNames = ['tasks', 'mpc', 'models', 'pretraining', 'optimizers', 'sweep', 'templates'] as const;
export type SectionName = (typeof sectionNames)[number];

/** The model's weights (the beginning of their SHA-256) that the figures are of. */
type Of<T> = T & { model?: string };

export interface Report {
  sections: {
    tasks?: Of<Figures>;
    mpc?: Of<Comparison>;
    models?: Of<Figures>;
    pretraining?: Of<PretrainingFigures>;
    optimizers?: Of<Figures>;
    sweep?: Of<Figures>;
    templates?: Of<Figures>;
  };
}

const INTRODUCTION = `# Accuracy

Written by \`npm run evaluate\`, which also keeps every single outcome in [accuracy.json](accuracy.json). Accuracies are in percent, mean ± standard
deviation over seeds; a seed draws the examples, the random projection, the optimiser's numbers and the batches. Under each table stands which
weights it is of (the beginning of the SHA-256 of model.safetensors), since a section keeps its figures until it is run again.

The tasks. Every one is reported on examples that no tuning saw: neither to learn from nor to choose its best prompt by.

- **sst2**: SST-2, sentences of film reviews, positive or negative; label words *great* and *terrible*. Examples come from its training file,
  figures from all 872 sentences of its dev file. The model was pretrained on film reviews with prompts for opinions, so the untuned prompt
  already knows the task; no sentence of SST-2 (of six words or more) occurs in its pretraining texts.
- **source**: is a sentence from a film review or from an encyclopedia (WikiText-2)? Label words *review* and *encyclopedia*. No prompt of
  pretraining asks for it, neither word is ever the answer to one, and the sentences are from texts that pretraining set aside.
- **tense**: is a sentence of a review told in the past or in the present (has it one of *was, were, had, did* or one of *is, are, has,
  does*)? Label words *was* and *is*. Never asked for either, on reviews that pretraining set aside. That one word decides makes it easy for n-grams and hard for a model that averages.
- **tense-blind**: the same with the label words *by* and *on*, which say nothing: all that is known of the task, tuning has to bring.
- **feedback**: the sample, short notes of patients written for this project, praise or complaint, with these for label words, which pretraining never taught it as opinions; 120 notes of their own for the figures.
- **reviews**: the last sentence of the same set-aside reviews, positive or negative. The project's default settings were chosen by the figures of *reviews* and *tense*, so those of *tense* flatter a little.
`;

const TITLES: Record<SectionName, [title: string, text: string]> = {
  tasks: [
    'Tuning, and what else the examples could be used for',
    `So many examples a class to train on and as many again to choose by (the best prompt, epoch, rate or penalty). *Untuned* is the template with the
label words. Forward-only tuning runs with the defaults of \`src/session/defaults.ts\`, in plaintext. The others need either no language model
(logistic regression on words and pairs of words) or both the weights and the examples in one place: all weights tuned by Adam, or the prompt's
own numbers tuned by Adam.`,
  ],
  mpc: [
    'Under MPC',
    `The same tuning on shares, in two browser tabs and with the dealer's server, against plaintext with the same seed: the same examples, candidates and
batches, so that any difference is due to fixed point and to gates in place of functions. Where that swaps
two candidates' ranks, the searches go different ways from there on.`,
  ],
  models: [
    'The two built-in models',
    `Forward-only tuning with the same settings. Their cards say what they read, and why *complaint* is a word that
may mislead a reader of film reviews.`,
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
      figures.model && `weights ${figures.model}…`,
      figures.seeds > 1 ? `${figures.seeds} seeds` : 'one seed',
      'seconds' in figures && `${(figures.seconds / 60).toFixed(0)} minutes of one process`,
    ];
    parts.push(`## ${title}\n\n${text}\n\n${body(report, name)}\n\n*${details.filter(Boolean).join(', ')}*\n`);
  }
  return `${parts.join('\n')}`;
}

function body({ sections }: Report, name: SectionName): string {
  if (name === 'mpc') return mpcTable(sections.mpc!);
  if (name === 'pretraining') return pretrainingTable(sections.pretraining!);
  const brackets = name === 'optimizers' || name === 'sweep' || name === 'templates';
  return figuresTable(sections[name]!, brackets);
}

function figuresTable({ heads, rows }: Figures, withLoss: boolean): string {
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
  return table(
    [...heads, 'untuned', ...columns],
    rows.map(({ labels, cells }) => [...labels, untuned(cells), ...columns.map((column) => tuned(cells[column]))]),
  );
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

/** Where the project wanted to be, and where it is. */
function goals({ sections }: Report): string {
  const lines: string[] = [];
  const add = (goal: string, reached: boolean, figure: string) =>
    lines.push(`- ${goal}: ${figure} — ${reached ? 'reached' : 'not reached'}.`);
  const row = (task: string, shots: number) =>
    sections.tasks?.rows.find(({ labels }) => labels[0] === task && labels[1] === String(shots))?.cells[
      'forward-only tuning'
    ];
  const first = row('sst2', 16);
  if (first) {
    const accuracy = mean(first.map((o) => o.tuned));
    add('SST-2, 16 examples a class, at least 75 % after tuning', accuracy >= 0.75, `${percent(accuracy)} %`);
  }
  for (const task of ['source', 'tense', 'tense-blind']) {
    const outcomes = row(task, 16);
    if (!outcomes) continue;
    const gain = mean(outcomes.map((o) => o.tuned - o.untuned!));
    add(
      'At least 15 points gained on a task and label words that the model was never prompted with',
      gain >= 0.15,
      `${percent(gain)} points on ${task} with 16 examples a class`,
    );
  }
  if (sections.mpc) {
    const apart = Math.max(...sections.mpc.runs.map(({ tuned }) => Math.abs(tuned.mpc - tuned.plaintext)));
    add('MPC within one point of plaintext', apart <= 0.01, `${percent(apart)} points at most`);
  }
  if (sections.models) {
    const gains = sections.models.rows
      .filter(({ labels }) => labels[1] === '16')
      .map(({ labels, cells }): [string, number] => {
        const [tiny, small] = [cells.tiny!, cells.small!].map((outcomes) => mean(outcomes.map((o) => o.tuned)));
        return [labels[0]!, small! - tiny!];
      });
    add(
      '`small` ahead of `tiny`, 16 examples a class',
      gains.every(([, gain]) => gain > 0),
      gains.map(([task, gain]) => `${percent(gain)} points on ${task}`).join(', '),
    );
  }
  return lines.length > 0 ? `## Goals\n\n${lines.join('\n')}\n${limits(sections.tasks)}` : '';
}

/** What the comparison with methods that see everything says of what is missing. */
function limits(tasks: Figures | undefined): string {
  const lines = (tasks?.rows ?? []).flatMap(({ labels, cells }) => {
    const best = (columns: string[]) => {
      const known = columns.filter((column) => cells[column]);
      return Math.max(...known.map((column) => mean(cells[column]!.map((o) => o.tuned))));
    };
    const forward = best(['forward-only tuning']);
    const rest = best(['gradient prompt tuning', 'full fine-tuning']);
    if (!Number.isFinite(forward) || !Number.isFinite(rest)) return [];
    const missing =
      rest - forward > 0.03
        ? 'the search without gradients falls short of what the model could give'
        : 'gradients get no more out of the examples: what limits is the model and how few they are';
    return [
      `- ${labels.join(', ')} a class: ${percent(forward)} without gradients, ${percent(rest)} with; ${missing}.`,
    ];
  });
  return lines.length > 0
    ? `\nWhat limits them, by the best method that sees weights, examples and gradients:\n\n${lines.join('\n')}\n`
    : '';
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
