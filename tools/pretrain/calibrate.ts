/** Measures a model's value ranges on public text and fits its gates to them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFloatProduct } from '../../src/compute/wasm/float-product';
import { architectureOf } from '../../src/models/architectures';
import { Measured, withCalibration } from '../../src/models/calibrate';
import { answerPosition, createEncoder } from '../../src/models/encode';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { memorySource } from '../../src/models/tensors';
import { SeededRandom } from '../../src/random/generator';
import { seedFromNumber } from '../../src/random/seed';
import { DEEP_STD } from '../../src/tuning/prompt';
import { promptSpace } from '../../src/tuning/task';
import { readModel } from '../evaluate/model';
import { readText } from '../text-file';

/** Random prompts go this far: what tuning may reach. */
const PROMPT_SPREAD = 2;
/** Prompts of all layers add up; further out, a sum of features may come to nothing, by which no gate can divide. */
const DEEP_SPREAD = 1;
const BATCH = 64;
const DIMENSION = 24;
const PROMPT_TEXT = 'in short , it was';
const PROMPT_TOKENS = 5;

export interface CalibrationOptions {
  /** With config.json, tokenizer.json, model.safetensors. */
  folder: string;
  /** Files of one text a line, may be .gz. */
  texts: string[];
  /** How many texts are measured. */
  sequences: number;
  /** Padded length. */
  tokens: number;
}

/** Writes ranges and gates into the folder's config.json. */
export async function calibrate({ folder, texts: files, sequences, tokens }: CalibrationOptions): Promise<void> {
  const { config, tokenizer, tensors } = await readModel(folder);
  const model = await PlaintextModel.load(config, memorySource(tensors), await createFloatProduct());
  const { graph } = architectureOf(config);

  const random = new SeededRandom(seedFromNumber(1), 'calibration');
  const lines = files.flatMap((path) =>
    readText(path)
      .split('\n')
      .filter((line) => line.trim().length > 20),
  );
  const texts = random
    .shuffle(lines)
    .slice(0, sequences)
    .map(createEncoder({ tokenizer, config, tokens, promptTokens: PROMPT_TOKENS }));
  const { embedding } = model;
  const space = promptSpace(
    { config, tokenizer, embedding },
    { promptText: PROMPT_TEXT, promptTokens: PROMPT_TOKENS, dimension: DIMENSION, deep: DEEP_STD },
    random,
  );
  const words = ['great', 'terrible', 'good', 'bad']
    .map((word) => tokenizer.wordToken(word))
    .filter((id) => id !== undefined);

  const shape = { tokens, answer: answerPosition(PROMPT_TOKENS), columns: words.length };
  const orders = ['pairs', 'features'] as const;
  const measured = new Measured();
  for (let at = 0; at < texts.length; at += BATCH) {
    const batch = texts.slice(at, at + BATCH);
    // A quarter plain, the rest under random prompts of every size up to the spread, every other one in the first layer only.
    const prompts = batch.map((_, i) => {
      const deep = i % 2 === 0;
      const size = i % 4 === 0 ? 0 : (deep ? DEEP_SPREAD : PROMPT_SPREAD) * random.uniform();
      const prompt = space.at(Float64Array.from({ length: DIMENSION }, () => size * random.normal()));
      return deep ? prompt : prompt.fill(0, PROMPT_TOKENS * config.hidden_size);
    });
    const inputs = model.inputs(batch, prompts, words);
    for (const order of orders)
      measured.add(graph(config, { ...shape, sequences: batch.length, order, deep: true }), inputs);
    console.log(`${Math.min(at + BATCH, texts.length)} of ${texts.length} texts`);
  }
  const graphs = orders.map((order) => graph(config, { ...shape, sequences: 1, order }));
  const calibrated = await withCalibration(config, graphs, measured);
  for (const [name, gate] of Object.entries(calibrated.gates ?? {})) {
    console.log(`${name}: ${gate.cos.length} harmonics, period ${gate.period}`);
  }
  writeFileSync(join(folder, 'config.json'), `${JSON.stringify(calibrated, null, 2)}\n`);
}
