/**
 * The main job in front of one's eyes: two browser profiles tune a model on private data, and the figures are kept.
 *
 *   npm run demo
 *   npm run demo -- --headless --model FOLDER --data my.csv --text review --label stars --shots 16 --tokens 32
 *   npm run demo -- --headless --generations 10 --data my.csv --text review --label stars --words 1=terrible,5=great
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { BACKEND_PREFERENCES } from '../src/compute/create';
import { DEFAULT_SETTINGS } from '../src/session/defaults';
import { readSetting, type SettingKey, type TuningSettings } from '../src/session/settings';
import { percent } from '../src/tuning/percent';
import { type Agreement, agreementOf, type Run } from './agreement';
import { formatBytes, main } from './command-line';
import { readExamples } from './data-file';
import { type OpenFolder, openModelFolder, openModelNamed } from './model-folder';
import { modelSource } from './model-source';
import {
  EVAL_READING_OPTIONS,
  evalReadingWishes,
  READING_HELP,
  READING_OPTIONS,
  readingWishes,
} from './reading-options';
import { type ChosenFile, type ModelSource, TwoTabs } from './two-tabs';
import { watchHead, watchPrompt } from './watch-run';

const HELP = `Tune a model under MPC in two browser tabs.

  --headless            no windows (also where there is no display)
  --method NAME         head, prompt, "prompt and head" (default: as suggested for the model)
  --reading NAME        what a language model's head is learned from: state, words (default: as suggested)
  --generations N       (default ${DEFAULT_SETTINGS.generations})
  --population N        candidates a generation (default ${DEFAULT_SETTINGS.population})
  --batch N             examples a candidate (default ${DEFAULT_SETTINGS.batch})
  --tokens N            padded length (default: by the texts)
  --data FILE           private texts and labels: CSV, TSV, JSON, Excel or Parquet (default: the sample)
  --text COLUMN         column of texts (default: guessed)
  --label COLUMN        column of labels (default: guessed)
${READING_HELP}
  --words label=word,…  label words (default: suggested; a sentence encoder has none)
  --eval FILE           examples for the final figures only; --eval-text, --eval-label, --eval-delimiter, --eval-quotes,
                        --eval-header and --eval-encoding say of it what --text, … say of --data
  --shots N             training examples a class (default: by the data and what a text costs)
  --held-out N          examples to choose by, and to measure by, at most (default: by the data)
  --seed N              same seed, same tuning
  --optimizer NAME      cma-es, sep-cma-es, spsa, random-search
  --model NAME          a built-in model (default tiny), a folder as Hugging Face lays it out, or a name on its hub
  --backend auto|webgpu|wasm|cpu
  --out DIR             for run.json, prompt.safetensors and loss.csv or head.safetensors, answers.safetensors and
                        screenshots (default out)`;

/** Settings that are options, words with hyphens between them. */
const SETTING_OPTIONS = [
  'method',
  'reading',
  'generations',
  'population',
  'batch',
  'tokens',
  'shots',
  'heldOut',
  'measured',
  'seed',
  'optimizer',
] as const;

main(HELP, async () => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      headless: { type: 'boolean', default: false },
      method: text,
      reading: text,
      generations: text,
      population: text,
      batch: text,
      tokens: text,
      shots: text,
      'held-out': text,
      seed: text,
      optimizer: text,
      data: text,
      text,
      label: text,
      ...READING_OPTIONS,
      words: text,
      eval: text,
      'eval-text': text,
      'eval-label': text,
      ...EVAL_READING_OPTIONS,
      model: { type: 'string', default: 'tiny' },
      backend: { type: 'string', default: 'auto' },
      out: { type: 'string', default: 'out' },
    },
  });
  // A file to measure by, such as the sample's, is taken whole.
  const measured = values.data !== undefined && values.eval === undefined ? values['held-out'] : undefined;
  const settings: Partial<TuningSettings> = Object.assign(
    {},
    ...SETTING_OPTIONS.map((key) => readOption(key, { ...values, heldOut: values['held-out'], measured }[key])),
  );
  const generations = settings.generations ?? DEFAULT_SETTINGS.generations;
  const backend = BACKEND_PREFERENCES.find((known) => known === values.backend);
  if (!backend) throw new Error(`--backend takes ${BACKEND_PREFERENCES.join(', ')}, not “${values.backend}”`);
  const { data, text: ofTexts, label, eval: measuring } = values;
  const own = data === undefined ? undefined : { path: data, text: ofTexts, label, reading: readingWishes(values) };
  const ofEval = Object.keys(values).find((option) => option.startsWith('eval-'));
  if (measuring === undefined && ofEval !== undefined)
    throw new Error(`--${ofEval} says how the file of --eval is read, and there is none`);
  const evaluation =
    measuring === undefined
      ? undefined
      : {
          path: measuring,
          text: values['eval-text'],
          label: values['eval-label'],
          reading: evalReadingWishes(values),
        };
  const words = values.words === undefined ? undefined : readWords(values.words);
  const display = process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

  const source = await sourceOf(values.model);

  mkdirSync(values.out, { recursive: true });
  const out = (name: string) => join(values.out, name);
  console.log('Opening one tab for the model owner and one for the data owner …');
  const tabs = await TwoTabs.open({
    headless: values.headless || !display,
    backend,
    model: source.tabs,
    settings,
    budget: 1_000_000_000,
  });
  try {
    await tabs.load({ own, evaluation, words });
    const { model, adapter, preparation, data } = await tabs.snapshot();
    const { unit, total, numbers } = preparation.estimate!;
    const isHead = preparation.method === 'head';
    console.log(`${model!.name} on ${adapter}; ${values.data ? basename(values.data) : 'the sample data'}`);
    console.log(`Read as: ${data.readAs}; rows left out: ${data.skipped}`);
    console.log(
      `A ${unit.name}: ${unit.sequences} sequences, ${unit.rounds} rounds, ` +
        `${formatBytes(unit.toModelOwner + unit.toDataOwner)} online, ${formatBytes(unit.dealt)} dealt; ` +
        `in all ${total.sequences} sequences, ${numbers.total.toLocaleString('en')} numbers opened\n`,
    );
    await tabs.start();
    const finished = await (isHead ? watchHead(tabs, total.sequences) : watchPrompt(tabs, generations));

    const { history, passes, baseline, untuned, final, bestGeneration, totals } = finished;
    // A prompt that was searched for with a head is in the head's file.
    const what = preparation.method === 'prompt' ? 'prompt' : 'head';
    const result = await tabs.download(`download-${what}`);
    const answers = await tabs.download('download-answers');
    console.log('\nComparing what was opened with the plaintext reference …');
    const texts = await textsOf(own, evaluation);
    const agreement = await agreementOf({ model: source.model, answers, result, text: texts });
    const run = {
      model,
      method: preparation.method,
      reading: preparation.reading,
      task: {
        data: values.data ? basename(values.data) : 'patient-feedback (sample)',
        labels: final!.labels,
        settings: finished.settings,
      },
      adapter: finished.adapter,
      final,
      measuredOn: finished.measuredOn,
      alone: finished.alone,
      verdict: finished.verdict,
      ...(isHead
        ? {
            crossValidated: finished.crossValidated,
            trained: finished.trained,
            fit: finished.fit,
            c: finished.c,
            passes,
          }
        : { baseline: untuned, bestGeneration, generations: history }),
      agreement,
      numbersOpened: { each: numbers.sequence, total: totals.numbers, privateParameters: model!.privateParameters },
      totals,
    };
    writeFileSync(out('run.json'), `${JSON.stringify(run, null, 2)}\n`);
    if (!isHead) writeFileSync(out('loss.csv'), await tabs.download('download-history-csv'));
    writeFileSync(out(`${what}.safetensors`), result);
    writeFileSync(out('answers.safetensors'), answers);
    await tabs.screenshot(tabs.dataOwner, out('data-owner.png'));
    await tabs.screenshot(tabs.modelOwner, out('model-owner.png'));
    if (isHead) {
      console.log(`Accuracy on ${final!.examples} examples: ${percent(final!.accuracy)}.`);
    } else {
      console.log(
        `Accuracy on ${final!.examples} examples kept aside: ${percent(untuned!.accuracy)} before, ${percent(final!.accuracy)} after (prompt of generation ${bestGeneration}).`,
      );
      console.log(`Held-out examples before tuning: ${percent(baseline!.accuracy)}.`);
    }
    console.log(`Mean F1 of the labels: ${percent(final!.scores.macroF1)}.`);
    for (const { name, accuracy, interval } of finished.alone ?? [])
      console.log(`  ${name}: ${percent(accuracy)} (${interval.map((end) => percent(end)).join(' to ')})`);
    if (finished.verdict) console.log(finished.verdict.text);
    console.log(`${inWords(agreement)} Files are in ${values.out}/.`);
  } finally {
    await tabs.close();
    await source.model.close();
  }
});

/** Where the pages take a model from, and the same model for the reference. */
async function sourceOf(name: string): Promise<{ tabs: ModelSource; model: OpenFolder }> {
  const tabs = modelSource(name);
  if (typeof tabs === 'string') return { tabs, model: await openModelFolder(`public/models/${name}`) };
  const model = await openModelNamed(name, ({ file, done, total: all }) => {
    process.stdout.write(`\r${file}: ${formatBytes(done)}${all > 0 ? ` of ${formatBytes(all)}` : ''}   `);
  });
  return { tabs, model };
}

/** A text by where it stands. */
async function textsOf(own: ChosenFile | undefined, evaluation: ChosenFile | undefined): Promise<Run['text']> {
  const sample = 'public/samples/patient-feedback';
  const measured = evaluation ?? (own ? undefined : { path: `${sample}-heldout.csv` });
  const files = {
    training: await readExamples(own ?? { path: `${sample}.csv` }),
    evaluation: measured ? await readExamples(measured) : [],
  };
  return ({ file, row }) => {
    const example = files[file].find((other) => other.row === row);
    if (!example) throw new Error(`the ${file} file has no row ${row}`);
    return example.text;
  };
}

const inWords = ({ texts, cosine, logits, labelledOtherwise }: Agreement): string =>
  (cosine
    ? `Cosine with the plaintext reference on ${texts} texts: least ${cosine.least.toFixed(5)}, mean ${cosine.mean.toFixed(5)}.`
    : `Largest difference of a logit from the plaintext reference on ${texts} texts: ${logits?.largest.toFixed(4)}.`) +
  (labelledOtherwise === undefined ? '' : ` The head labels ${labelledOtherwise} of them otherwise.`);

function readWords(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair) => pair.split('='));
  if (pairs.some((pair) => pair.length !== 2 || !pair[0] || !pair[1]))
    throw new Error(`--words takes label=word,label=word, not “${text}”`);
  return Object.fromEntries(pairs.map(([label, word]) => [label!.trim(), word!.trim()]));
}

/** A setting given as an option, as part of an object; nothing where it was not given. Throws for one that does not do. */
function readOption(key: SettingKey, given: string | undefined): Partial<TuningSettings> {
  if (given === undefined) return {};
  const read = readSetting(key, given);
  const option = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (read.problem !== undefined) throw new Error(`--${option} ${read.problem}, not “${given}”`);
  return { [key]: read.value };
}
