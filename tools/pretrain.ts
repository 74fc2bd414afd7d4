/**
 * Pretrains a built-in model, calibrates it and says what it can do. The same seed gives the same files.
 *
 *   npm run pretrain -- --size tiny
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { architectureOf } from '../src/models/architectures';
import { type ModelConfig, parseConfig } from '../src/models/config';
import { readSafetensors, writeSafetensors } from '../src/models/safetensors';
import type { NamedTensors } from '../src/models/tensors';
import { percent } from '../src/tuning/percent';
import { main, parseQuantity } from './command-line';
import { startJax } from './evaluate/fast-reference';
import { calibrate } from './pretrain/calibrate';
import { startingTable } from './pretrain/cooccurrence';
import { type Corpus, readCorpus, setAside } from './pretrain/corpus';
import { type Labelled, measureRanges, opinionAccuracy, prompted } from './pretrain/evaluate';
import { Examples, randomFrom, sentence } from './pretrain/examples';
import { makeFixture } from './pretrain/fixture';
import { DIETS } from './pretrain/mixtures';
import { WORDS } from './pretrain/network';
import { makeConfig, parseSize, TRAINING } from './pretrain/sizes';
import { Encoder, fromHuggingFace, type TokenizerData, toHuggingFace, trainTokenizer } from './pretrain/tokenizer';
import { initialise, type Position, restore, type State, startAtFrequencies, train } from './pretrain/train';
import { forcedWords } from './pretrain/words';

const HELP = `Pretrain a built-in model from its corpora: tokenizer, weights, value ranges, gates.

  --size tiny|small   (default tiny)
  --seed N            (default 1)
  --steps N           of about 1,280 tokens (default ${TRAINING.tiny.steps} for tiny, ${TRAINING.small.steps} for small)
  --rate R            peak learning rate (default ${TRAINING.tiny.rate} for tiny, ${TRAINING.small.rate} for small)
  --corpus FOLDER     with imdb-train.tsv.gz, imdb-unlabelled.txt.gz, wikitext2-valid-test.txt.gz (default ../shared/data)
  --limit N           reads so many lines of each, for a quick try
  --out FOLDER        (default public/models/SIZE)
  --state FILE        where the training's state is kept every five minutes (default: in the temporary folder)
  --resume            goes on from there
  --evaluate          no training: says what the model in --out can do`;

const VOCABULARY = 6000;
const PROMPT = 'overall i thought it was';
const PAIRS: [string, string][] = [
  ['great', 'terrible'],
  ['good', 'bad'],
  ['wonderful', 'awful'],
  ['positive', 'negative'],
  ['yes', 'no'],
];
const CORPORA = ['imdb-unlabelled.txt.gz', 'wikitext2-valid-test.txt.gz'];
const readTensors = (path: string) => readSafetensors(new Uint8Array(readFileSync(path)));
const encodeJson = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;

main(HELP, async () => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      size: { type: 'string', default: 'tiny' },
      seed: { type: 'string', default: '1' },
      steps: text,
      rate: text,
      corpus: { type: 'string', default: '../shared/data' },
      limit: text,
      out: text,
      state: text,
      resume: { type: 'boolean', default: false },
      evaluate: { type: 'boolean', default: false },
    },
  });
  const size = parseSize(values.size);
  const seed = parseQuantity('--seed', values.seed, { '': 1 });
  const out = values.out ?? join('public/models', size);
  await startJax();
  if (!values.evaluate) {
    await pretrain({
      ...{ size, seed, out, corpus: values.corpus, resume: values.resume },
      steps: values.steps === undefined ? TRAINING[size].steps : parseQuantity('--steps', values.steps, { '': 1 }),
      rate: values.rate === undefined ? TRAINING[size].rate : parseRate(values.rate),
      limit: values.limit === undefined ? undefined : parseQuantity('--limit', values.limit, { '': 1 }),
      statePath: values.state ?? join(tmpdir(), `pretrain-${size}-${seed}.safetensors`),
    });
    const texts = CORPORA.map((name) => join(values.corpus, name));
    await calibrate({ folder: out, texts, sequences: 512, tokens: 24 });
  }
  await report(out, values.corpus);
});

function parseRate(text: string): number {
  const rate = Number(text);
  if (!(rate > 0 && rate < 1)) throw new Error(`--rate takes a number between 0 and 1, not “${text}”`);
  return rate;
}

function makeTokenizer({ labelled, unlabelled, articles }: Pick<Corpus, 'labelled' | 'unlabelled' | 'articles'>) {
  const counts = new Map<string, number>();
  const opinions = new Map<string, [number, number]>();
  for (const d of [...labelled, ...unlabelled, ...articles]) {
    const seen = new Set<string>();
    for (const sentence of d.sentences) {
      for (const word of sentence) {
        counts.set(word, (counts.get(word) ?? 0) + 1);
        seen.add(word);
      }
    }
    if (!d.label) continue;
    for (const word of seen) {
      const c = opinions.get(word) ?? [0, 0];
      c[d.label === 'positive' ? 0 : 1]++;
      opinions.set(word, c);
    }
  }
  const frequent = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([word]) => word);
  // Words that tell an opinion are worth a token long before their frequency is: (p − n)/√(p + n), as in a sign test.
  const telling = [...opinions]
    .map(([word, [p, n]]): [string, number] => [word, Math.abs(p - n) / Math.sqrt(p + n)])
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, 1800)
    .map(([word]) => word);
  return trainTokenizer(counts, [...forcedWords(), ...frequent.slice(0, 3700), ...telling], VOCABULARY);
}

function trimmed(state: State): State {
  return new Map([...state].filter(([name]) => !name.includes('/')));
}

function save(out: string, config: ModelConfig, tokenizer: TokenizerData, state: State) {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'config.json'), encodeJson(config));
  writeFileSync(join(out, 'tokenizer.json'), encodeJson(toHuggingFace(tokenizer)));
  writeFileSync(
    join(out, 'model.safetensors'),
    writeSafetensors(trimmed(state), { dtype: 'F16', metadata: { format: 'pt' } }),
  );
}

function load(folder: string): { config: ModelConfig; tokenizer: TokenizerData; weights: NamedTensors } {
  const json = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  return {
    config: parseConfig(readFileSync(join(folder, 'config.json'), 'utf8')),
    tokenizer: fromHuggingFace(json('tokenizer.json')),
    weights: readTensors(join(folder, 'model.safetensors')),
  };
}

function evaluationTexts(encoder: Encoder, path: string): Labelled[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(1)
    .filter(Boolean)
    .map((line) => {
      const [text = '', label] = line.split('\t');
      return { text: encoder.encode(text), positive: label === 'positive' };
    });
}

/** Held-out reviews by their last sentence, where opinions are spoken out: what training is judged by. */
function heldOutTexts(examples: Examples, count: number): Labelled[] {
  return examples.heldOut
    .filter((_, i) => i % Math.ceil(examples.heldOut.length / count) === 0)
    .map((d) => ({ text: [...sentence(d, d.ends.length - 1)], positive: d.label === 'positive' }));
}

async function report(folder: string, corpus: string): Promise<void> {
  const { config, tokenizer, weights } = load(folder);
  const encoder = new Encoder(tokenizer);
  const path = join(corpus, 'sst2-dev.tsv');
  if (!existsSync(path)) return;
  const texts = evaluationTexts(encoder, path);
  for (const prompt of [PROMPT, 'in short , it was', 'the sentiment of this is']) {
    const scores = await opinionAccuracy(config, weights, encoder, texts, prompt, PAIRS);
    console.log(`SST-2 dev, zero-shot, "${prompt}": accuracy (balanced)`);
    for (const { pair, accuracy, balanced } of scores)
      console.log(`  ${pair.join('/')}: ${percent(accuracy)} (${percent(balanced)})`);
  }
  const longest = architectureOf(config).longestSequence(config);
  const some = texts.slice(0, 100).map(({ text }) => prompted(encoder, PROMPT, text, longest));
  console.log('value ranges on a hundred of them:');
  for (const [name, [low, high]] of measureRanges(config, weights, some)) {
    console.log(`  ${name.padEnd(62)} ${low.toFixed(2)} ... ${high.toFixed(2)}`);
  }
  mkdirSync('tests/fixtures', { recursive: true });
  if (folder === 'public/models/tiny')
    writeFileSync('tests/fixtures/forward.json', encodeJson(makeFixture(config, weights, encoder)));
}

interface Pretraining {
  size: ReturnType<typeof parseSize>;
  seed: number;
  steps: number;
  rate: number;
  out: string;
  corpus: string;
  limit: number | undefined;
  statePath: string;
  resume: boolean;
}

/** The corpus itself is left behind here: only its tokens stay in memory. */
function prepare({ corpus: folder, limit, resume, statePath }: Pretraining) {
  const corpus = readCorpus(folder, limit);
  const { labelled, unlabelled, articles, dropped } = corpus;
  console.log(`${labelled.length} labelled and ${unlabelled.length} other reviews, ${articles.length} paragraphs`);
  console.log('left out:', dropped);
  const known = `${statePath}.tokenizer.json`;
  let tokenizer: TokenizerData;
  if (resume) tokenizer = fromHuggingFace(JSON.parse(readFileSync(known, 'utf8')));
  else {
    tokenizer = makeTokenizer(setAside(corpus).kept);
    writeFileSync(known, encodeJson(toHuggingFace(tokenizer)));
  }
  const encoder = new Encoder(tokenizer);
  return { tokenizer, encoder, examples: new Examples(corpus, encoder) };
}

async function pretrain(options: Pretraining): Promise<void> {
  const { size, seed, out, statePath } = options;
  if (options.resume && !existsSync(statePath)) throw new Error(`there is no ${statePath} to resume from`);
  const { tokenizer, encoder, examples } = prepare(options);
  const config = makeConfig(size, tokenizer.vocabulary.length);
  console.log(`${tokenizer.vocabulary.length} tokens in the vocabulary, ${tokenizer.merges.length} merges`);

  let start: Position | undefined;
  let state: State;
  if (options.resume) {
    state = restore(config, readTensors(statePath));
    start = JSON.parse(readFileSync(`${statePath}.json`, 'utf8'));
  } else {
    const random = randomFrom(seed);
    state = initialise(config, random);
    const table = startingTable(examples, config.vocab_size, config.hidden_size, random);
    state.get(WORDS)!.data.set(table);
    startAtFrequencies(state, examples, DIETS.everything(0), random);
    console.log('initialised');
  }
  let count = 0;
  for (const { data } of trimmed(state).values()) count += data.length;
  console.log(`${count} weights`);

  const heldOut = heldOutTexts(examples, 400);
  const checkpoint = async (at: Position) => {
    writeFileSync(statePath, writeSafetensors(state, { dtype: 'F32' }));
    writeFileSync(`${statePath}.json`, JSON.stringify(at));
    const scores = await opinionAccuracy(config, trimmed(state), encoder, heldOut, PROMPT, PAIRS);
    console.log(
      `held-out reviews' last sentences: ${scores.map(({ pair, accuracy }) => `${pair.join('/')} ${percent(accuracy)}`).join(', ')}`,
    );
  };
  const end = await train(
    config,
    state,
    examples,
    {
      ...{ seed, learningRate: options.rate, steps: options.steps, penalty: 0.3, mixture: DIETS.everything },
      reportEvery: 200,
      report: (p) => {
        const kinds = Object.entries(p.kinds)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([kind, { entropy, accuracy }]) => `${kind} ${entropy.toFixed(2)} ${percent(accuracy)}`)
          .join(', ');
        console.log(
          `step ${p.step}  ${kinds}  penalty ${p.penalty.toFixed(4)}  gradient ${p.gradient.toFixed(2)}  ` +
            `rate ${p.learningRate.toExponential(1)}  ${p.speed.toFixed(0)} tokens/s  ${(p.remaining / 60).toFixed(1)} min left`,
        );
      },
      checkpointMinutes: 5,
      checkpoint,
    },
    start,
  );
  await checkpoint(end);
  // Only now: until then the folder keeps the model that it has.
  save(out, config, tokenizer, state);
  console.log(`${end.step} steps in ${(end.elapsed / 60).toFixed(1)} minutes`);
}
