/**
 * What whoever holds both model and examples could do with them in the clear: fine-tune all weights, or tune the soft prompt by its
 * gradient. Both with Adam on the network that pretraining trains, its vocabulary reduced to the label words.
 */
import { numpy as np } from '@jax-js/jax';
import { answerPosition, type EncodedText, PROMPT_SLOT } from '../../src/models/encode';
import type { NamedTensors } from '../../src/models/tensors';
import { crossEntropy } from '../../src/tuning/objective';
import { promptFromWords } from '../../src/tuning/prompt';
import { purpose } from '../../src/tuning/run';
import { BalancedBatches } from '../../src/tuning/sampling';
import { makeStep, type Params, WORDS } from '../pretrain/network';
import type { Setup } from './experiment';
import { FastModel, type Model } from './model';

const BATCH = 16;
const STEPS = 80;
const LOOK_EVERY = 10;
/** Tried in turn; the validation loss chooses. */
const WEIGHT_RATES = [0.0005, 0.002];
/** In spreads of the embedding table. */
const PROMPT_RATES = [0.03, 0.1];

const BIAS = 'lm_head.bias';

export type Answers = (examples: readonly number[]) => Promise<Float64Array[]>;

interface Gradients {
  /** By tensor; the table's and its bias' are of the label words' rows. */
  weights: Map<string, Float32Array>;
  /** Of every token's word embedding, [BATCH · length, hidden]. */
  words: Float32Array;
}

/** Gradients of the label words' mean cross-entropy. */
function makeGradients({ config }: Model, length: number, promptTokens: number, words: readonly number[]) {
  const { hidden_size: d } = config;
  const step = makeStep(config, { batch: BATCH, length, picks: BATCH }, 0);
  const pick = new Float32Array(BATCH * BATCH * length);
  for (let i = 0; i < BATCH; i++) pick[(i * BATCH + i) * length + answerPosition(promptTokens)] = 1;
  const array = (values: Float32Array, shape: readonly number[]) =>
    np.array(values as Float32Array<ArrayBuffer>).reshape([...shape]);

  return (tensors: NamedTensors, texts: EncodedText[], classes: number[], prompt: Float32Array): Gradients => {
    const table = tensors.get(WORDS)!.data;
    const row = (id: number) => table.subarray(id * d, (id + 1) * d);
    const read = new Float32Array(BATCH * length * d);
    const keep = new Float32Array(BATCH * length);
    for (const [i, { ids, length: kept }] of texts.entries()) {
      let slot = 0;
      for (const [t, id] of ids.entries()) {
        const value = id === PROMPT_SLOT ? prompt.subarray(slot++ * d, slot * d) : row(id);
        read.set(value, (i * length + t) * d);
      }
      keep.fill(1, i * length, i * length + kept);
    }
    const labelRows = gather(words, row, d);
    const labelBias = Float32Array.from(words, (word) => tensors.get(BIAS)!.data[word]!);
    const params: Params = {};
    for (const [name, { shape, data }] of tensors) {
      if (name === WORDS) params[name] = array(labelRows, [words.length, d]);
      else if (name === BIAS) params[name] = array(labelBias, [words.length]);
      else params[name] = array(data, shape);
    }
    const answers = classes.map((c) => words[c]!);
    const [[value, aux], [gradients, ofWords, ofTargets, ofTargetBias]] = step(
      params,
      array(read, [BATCH, length, d]),
      array(gather(answers, row, d), [BATCH, d]),
      array(
        Float32Array.from(classes, (c) => labelBias[c]!),
        [BATCH],
      ),
      array(keep, [BATCH, length]),
      array(pick, [BATCH, BATCH * length]),
      array(new Float32Array(BATCH).fill(1 / BATCH), [BATCH]),
    );
    value.dispose();
    for (const a of Object.values(aux)) a.dispose();
    const weights = new Map(
      Object.entries(gradients).map(([name, g]) => [name, (g.dataSync() as Float32Array).slice()]),
    );
    const [toRows, toBias] = [ofTargets.dataSync() as Float32Array, ofTargetBias.dataSync() as Float32Array];
    for (const [i, c] of classes.entries()) {
      weights.get(BIAS)![c]! += toBias[i]!;
      for (let j = 0; j < d; j++) weights.get(WORDS)![c * d + j]! += toRows[i * d + j]!;
    }
    return { weights, words: ofWords.dataSync() as Float32Array };
  };
}

function gather(ids: readonly number[], row: (id: number) => Float32Array, width: number): Float32Array {
  const rows = new Float32Array(ids.length * width);
  for (const [i, id] of ids.entries()) rows.set(row(id), i * width);
  return rows;
}

/** Adam without weight decay, on one array. */
class Adam {
  private readonly first: Float32Array;
  private readonly second: Float32Array;
  private steps = 0;

  constructor(
    private readonly values: Float32Array,
    private readonly rate: number,
  ) {
    this.first = new Float32Array(values.length);
    this.second = new Float32Array(values.length);
  }

  step(gradient: Float32Array): void {
    this.steps++;
    const [c1, c2] = [1 - 0.9 ** this.steps, 1 - 0.99 ** this.steps];
    for (let i = 0; i < gradient.length; i++) {
      this.first[i] = 0.9 * this.first[i]! + 0.1 * gradient[i]!;
      this.second[i] = 0.99 * this.second[i]! + 0.01 * gradient[i]! ** 2;
      this.values[i]! -= (this.rate * this.first[i]!) / c1 / (Math.sqrt(this.second[i]! / c2) + 1e-8);
    }
  }
}

const steps = new WeakMap<Model, Map<string, ReturnType<typeof makeGradients>>>();
/** Tracing takes seconds: once for every model and shape. */
function gradientsFor({ model, text, space, words }: Setup) {
  const known = steps.get(model) ?? new Map<string, ReturnType<typeof makeGradients>>();
  steps.set(model, known);
  const length = text(0).ids.length;
  const key = [length, space.tokens, ...words].join();
  if (!known.has(key)) known.set(key, makeGradients(model, length, space.tokens, words));
  return known.get(key)!;
}

/** Calls `step` with every batch and `look` now and then. */
async function train(
  setup: Setup,
  step: (texts: EncodedText[], classes: number[]) => void,
  look: () => Promise<void>,
): Promise<void> {
  const { task, text, experiment } = setup;
  const labels = task.targets.map(String);
  const batches = new BalancedBatches(labels, task.training, BATCH, purpose(experiment.seed, 'batches'));
  await look();
  for (let i = 1; i <= STEPS; i++) {
    const examples = batches.next();
    step(
      examples.map(text),
      examples.map((j) => task.targets[j]!),
    );
    if (i % LOOK_EVERY === 0) await look();
  }
}

const lossOf = async ({ task }: Setup, answers: Answers) =>
  crossEntropy(
    await answers(task.validation),
    task.validation.map((i) => task.targets[i]!),
  );

/** All weights but the random frequencies, from the template's words on. */
export async function fineTune(setup: Setup): Promise<Answers> {
  const { model, text, space, words, experiment } = setup;
  const { config, tokenizer } = model;
  const d = config.hidden_size;
  const template = tokenizer.encode(` ${experiment.settings.promptText}`);
  /** The template in words, whose embeddings are trained as any other. */
  const spelled = (given: EncodedText): EncodedText => {
    let slot = 0;
    return { ...given, ids: given.ids.map((id) => (id === PROMPT_SLOT ? template[slot++ % template.length]! : id)) };
  };
  const gradients = gradientsFor(setup);
  let best = { loss: Number.POSITIVE_INFINITY, tensors: model.tensors };
  const answersOf =
    (tensors: NamedTensors): Answers =>
    async (examples) => {
      const tuned = await FastModel.load(config, tensors, words, setup.fast.graphs);
      const texts = examples.map((i) => spelled(text(i)));
      const rows = tuned.logits(texts, [], space.tokens);
      tuned.dispose();
      return rows;
    };
  const copy = (tensors: NamedTensors): NamedTensors =>
    new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));

  for (const rate of WEIGHT_RATES) {
    const tensors = copy(model.tensors);
    // Queries and keys turn phases: pretraining trains them at a tenth of the pace too.
    const pace = (name: string) => (/(query|key)\.(weight|bias)$/.test(name) ? 0.1 : 1);
    const optimizers = new Map(
      [...tensors]
        .filter(([name]) => !name.endsWith('frequencies'))
        .map(([name, { data }]) => [name, new Adam(data, rate * pace(name))]),
    );
    await train(
      setup,
      (texts, classes) => {
        const spelledOut = texts.map(spelled);
        const { weights, words: ofWords } = gradients(tensors, spelledOut, classes, new Float32Array());
        const table = new Float32Array(tensors.get(WORDS)!.data.length);
        const bias = new Float32Array(tensors.get(BIAS)!.data.length);
        const add = (id: number, from: Float32Array, at: number) => {
          for (let j = 0; j < d; j++) table[id * d + j]! += from[at + j]!;
        };
        for (const [i, { ids, length: kept }] of spelledOut.entries()) {
          for (let t = 0; t < kept; t++) add(ids[t]!, ofWords, (i * ids.length + t) * d);
        }
        for (const [c, word] of words.entries()) {
          add(word, weights.get(WORDS)!, c * d);
          bias[word] = weights.get(BIAS)![c]!;
        }
        weights.set(WORDS, table).set(BIAS, bias);
        for (const [name, optimizer] of optimizers) optimizer.step(weights.get(name)!);
      },
      async () => {
        const loss = await lossOf(setup, answersOf(tensors));
        if (loss < best.loss) best = { loss, tensors: copy(tensors) };
      },
    );
  }
  return answersOf(best.tensors);
}

/** The prompt's own numbers, from the template's embeddings on. */
export async function tunePromptByGradient(setup: Setup): Promise<Answers> {
  const { model, fast, text, space } = setup;
  const d = model.config.hidden_size;
  const { table } = fast.plain.embedding;
  const template = model.tokenizer.encode(` ${setup.experiment.settings.promptText}`);
  const start = promptFromWords(template, space.tokens, table, d);
  const gradients = gradientsFor(setup);
  const answersOf =
    (prompt: Float32Array): Answers =>
    async (examples) => {
      const texts = examples.map(text);
      return fast.logits(texts, new Array<Float32Array>(texts.length).fill(prompt), space.tokens);
    };
  let best = { loss: Number.POSITIVE_INFINITY, prompt: start };
  for (const rate of PROMPT_RATES) {
    const prompt = start.slice();
    const optimizer = new Adam(prompt, rate * setup.spread);
    await train(
      setup,
      (texts, classes) => {
        const { words } = gradients(model.tensors, texts, classes, prompt);
        const gradient = new Float32Array(prompt.length);
        for (const [i, { ids }] of texts.entries()) {
          let slot = 0;
          for (const [t, id] of ids.entries()) {
            if (id !== PROMPT_SLOT) continue;
            for (let j = 0; j < d; j++) gradient[slot * d + j]! += words[(i * ids.length + t) * d + j]!;
            slot++;
          }
        }
        optimizer.step(gradient);
      },
      async () => {
        const loss = await lossOf(setup, answersOf(prompt));
        if (loss < best.loss) best = { loss, prompt: prompt.slice() };
      },
    );
  }
  return answersOf(best.prompt);
}
