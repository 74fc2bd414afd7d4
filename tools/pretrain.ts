/**
 * Pretrains a built-in model: npx tsx tools/pretrain.ts --size tiny --seed 1 --minutes 60 --corpus ../shared/data --out public/models/tiny
 *
 *   --steps N      ends after N steps instead of the clock, so that a seed gives the same model anywhere
 *   --rate R       peak learning rate
 *   --from DIR     starts from the weights and tokenizer of another run
 *   --state FILE   where the training state is kept (default: in the temporary folder); --resume goes on from it
 *   --evaluate     no training: evaluates what is in --out
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ModelConfig } from '../src/models/config';
import { readSafetensors, writeSafetensors } from '../src/models/safetensors';
import { startingTable } from './pretrain/cooccurrence';
import { type Corpus, readCorpus } from './pretrain/corpus';
import { type Labelled, measureRanges, opinionAccuracy, prompted } from './pretrain/evaluate';
import { Examples, type Mixture, type Random, randomFrom, sentence } from './pretrain/examples';
import { makeFixture } from './pretrain/fixture';
import { WORDS } from './pretrain/network';
import type { Weights } from './pretrain/reference';
import { makeConfig, parseSize } from './pretrain/sizes';
import { Encoder, fromHuggingFace, type TokenizerData, toHuggingFace, trainTokenizer } from './pretrain/tokenizer';
import { initialise, type State, startAtFrequencies, train } from './pretrain/train';
import { forcedWords } from './pretrain/words';

const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: 'tiny' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
    steps: { type: 'string' },
    rate: { type: 'string', default: '0.003' },
    corpus: { type: 'string', default: '../shared/data' },
    out: { type: 'string' },
    from: { type: 'string' },
    state: { type: 'string' },
    resume: { type: 'boolean', default: false },
    evaluate: { type: 'boolean', default: false },
    limit: { type: 'string' },
  },
});
const size = parseSize(options.size);
const out = options.out ?? join('public/models', size);
const seed = Number(options.seed);
const statePath = options.state ?? join(tmpdir(), `pretrain-${size}-${seed}.safetensors`);

const VOCABULARY = 6000;
const PROMPT = 'overall i thought it was';
const PAIRS: [string, string][] = [
  ['great', 'terrible'],
  ['good', 'bad'],
  ['wonderful', 'awful'],
  ['positive', 'negative'],
  ['yes', 'no'],
];
const readTensors = (path: string) => readSafetensors(new Uint8Array(readFileSync(path)));
const encodeJson = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;

function makeTokenizer(corpus: Corpus): TokenizerData {
  const counts = new Map<string, number>();
  const opinions = new Map<string, [number, number]>();
  for (const d of [...corpus.labelled, ...corpus.unlabelled, ...corpus.articles]) {
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

/** Plain text first, then ever more of how the model will be used. */
function mixture(progress: number): Mixture {
  const late = Math.min(1, Math.max(0, (progress - 0.2) / 0.5));
  const blend = (early: number, end: number) => early + (end - early) * late;
  return {
    cloze: blend(0.4, 0.2),
    opinion: blend(0.25, 0.45),
    quality: 0.1,
    topic: blend(0.17, 0.17),
    kind: 0.08,
  };
}

function trimmed(state: State): State {
  return new Map([...state].filter(([name]) => !name.includes('/')));
}

function save(config: ModelConfig, tokenizer: TokenizerData, state: State) {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'config.json'), encodeJson(config));
  writeFileSync(join(out, 'tokenizer.json'), encodeJson(toHuggingFace(tokenizer)));
  writeFileSync(
    join(out, 'model.safetensors'),
    writeSafetensors(trimmed(state), { dtype: 'F16', metadata: { format: 'pt' } }),
  );
}

function load(folder: string): { config: ModelConfig; tokenizer: TokenizerData; weights: Weights } {
  const json = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  return {
    config: json('config.json'),
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
      const [text, label] = line.split('\t');
      return { text: encoder.encode(text), positive: label === 'positive' };
    });
}

const percent = (x: number) => `${(100 * x).toFixed(1)} %`;

/** Held-out reviews by their last sentence, where opinions are spoken out: what training is judged by. */
function heldOutTexts(examples: Examples, count: number): Labelled[] {
  return examples.heldOut
    .filter((_, i) => i % Math.ceil(examples.heldOut.length / count) === 0)
    .map((d) => ({ text: [...sentence(d, d.ends.length - 1)], positive: d.label === 'positive' }));
}

function report(folder: string) {
  const { config, tokenizer, weights } = load(folder);
  const encoder = new Encoder(tokenizer);
  const path = join(options.corpus, 'sst2-dev.tsv');
  if (!existsSync(path)) return;
  const texts = evaluationTexts(encoder, path);
  for (const prompt of [PROMPT, 'in short , it was', 'the sentiment of this is']) {
    const scores = opinionAccuracy(config, weights, encoder, texts, prompt, PAIRS);
    console.log(`SST-2 dev, zero-shot, "${prompt}": accuracy (balanced)`);
    scores.forEach(({ accuracy, balanced }, i) => {
      console.log(`  ${PAIRS[i].join('/')}: ${percent(accuracy)} (${percent(balanced)})`);
    });
  }
  const longest = config.max_position_embeddings - config.pad_token_id - 1;
  const some = texts.slice(0, 100).map(({ text }) => prompted(encoder, PROMPT, text, longest));
  console.log('value ranges on a hundred of them:');
  for (const [name, [low, high]] of measureRanges(config, weights, some)) {
    console.log(`  ${name.padEnd(62)} ${low.toFixed(2)} ... ${high.toFixed(2)}`);
  }
  mkdirSync('tests/fixtures', { recursive: true });
  if (folder === 'public/models/tiny')
    writeFileSync('tests/fixtures/forward.json', encodeJson(makeFixture(config, weights, encoder)));
}

/** The corpus itself is left behind here: only its tokens stay in memory. */
function prepare(random: Random, known?: TokenizerData) {
  const corpus = readCorpus(options.corpus, options.limit ? Number(options.limit) : undefined);
  const { labelled, unlabelled, articles, dropped } = corpus;
  console.log(`${labelled.length} labelled and ${unlabelled.length} other reviews, ${articles.length} paragraphs`);
  console.log('left out:', dropped);
  const tokenizer = known ?? makeTokenizer(corpus);
  const encoder = new Encoder(tokenizer);
  return { tokenizer, encoder, examples: new Examples(corpus, encoder, random) };
}

async function pretrain() {
  const random = randomFrom(seed);
  const earlier = options.from ? load(options.from) : undefined;
  const { tokenizer, encoder, examples } = prepare(random, earlier?.tokenizer);
  const config = makeConfig(size, tokenizer.vocabulary.length);
  console.log(`${tokenizer.vocabulary.length} tokens in the vocabulary, ${tokenizer.merges.length} merges`);

  let start = { step: 0, elapsed: 0 };
  let state: State;
  if (options.resume) {
    state = readTensors(statePath);
    start = JSON.parse(readFileSync(`${statePath}.json`, 'utf8'));
  } else if (earlier) state = new Map(earlier.weights);
  else {
    state = initialise(config, random);
    const table = startingTable(examples, config.vocab_size, config.hidden_size, random);
    state.get(WORDS)!.data.set(table);
    startAtFrequencies(state, examples, mixture(0));
    console.log('initialised');
  }
  let count = 0;
  for (const { data } of trimmed(state).values()) count += data.length;
  console.log(`${count} weights`);

  const heldOut = heldOutTexts(examples, 400);
  const checkpoint = (step: number, elapsed: number) => {
    writeFileSync(statePath, writeSafetensors(state, { dtype: 'F32' }));
    writeFileSync(`${statePath}.json`, JSON.stringify({ step, elapsed }));
    save(config, tokenizer, state);
    const scores = opinionAccuracy(config, load(out).weights, encoder, heldOut, PROMPT, PAIRS);
    console.log(
      `held-out reviews' last sentences: ${scores.map(({ accuracy }, i) => `${PAIRS[i].join('/')} ${percent(accuracy)}`).join(', ')}`,
    );
  };
  const end = await train(
    config,
    state,
    examples,
    random,
    {
      ...{ learningRate: Number(options.rate), minutes: Number(options.minutes), penalty: 0.3, mixture },
      ...(options.steps ? { steps: Number(options.steps) } : {}),
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
  checkpoint(end.step, end.elapsed);
  console.log(`${end.step} steps in ${(end.elapsed / 60).toFixed(1)} minutes`);
}

if (!options.evaluate) await pretrain();
report(out);
