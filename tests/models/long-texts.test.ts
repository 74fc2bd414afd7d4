/** A calibration on texts of a few words, beside longer texts and such as say one thing over and over. */
import { expect, it } from 'vitest';
import { architectureOf } from '../../src/models/architectures';
import { Measured } from '../../src/models/calibrate';
import { calibrateModel } from '../../src/models/calibrate-model';
import { calibrationOf } from '../../src/models/calibration';
import { createEncoder } from '../../src/models/encode';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { memorySource, overlaid } from '../../src/models/tensors';
import { loadTokenizer } from '../../src/models/tokenizer';
import { magnitude } from '../../src/mpc/planner';
import { calibrationBatches } from '../../src/session/calibration-text';
import { underMpc } from '../../tools/model-check';
import { generator, randomConfig, randomTensors, SOFTMAX } from '../support/random-model';
import { TOKENS, tokenizerJson } from '../support/session';

/** Scores so far apart that what a row's exponentials add up to depends on how many tokens there are. */
const SHARPER = 4;
/** Texts to calibrate on, of 2 to 41 words. */
const LINES = 160;

const config = randomConfig({
  ...SOFTMAX,
  trigonometric: undefined,
  task: 'embedding',
  vocab_size: TOKENS.length,
  max_position_embeddings: 202,
});
const tensors = new Map(
  [...randomTensors(3, config)].map(([name, { shape, data }]) => [
    name,
    { shape, data: /query\.weight$/.test(name) ? data.map((x) => SHARPER * x) : data },
  ]),
);
const source = memorySource(tensors);
const words = TOKENS.slice(5);
const random = generator(4);
const drawn = (count: number) =>
  Array.from({ length: count }, () => words[Math.floor(random() * words.length)]).join(' ');
const lines = Array.from({ length: LINES }, (_, i) => drawn(2 + (i % 40)));
const batches = await calibrationBatches(lines, { config, tokenizer: tokenizerJson, source });
const found = await calibrateModel(config, source, batches);
const plain = await PlaintextModel.load(found.config, overlaid(source, found.tensors));
const known = calibrationOf(found.config);
const tokenizer = loadTokenizer(tokenizerJson, config);

/** Names of tensors that a text of so many tokens takes beyond their planned ranges. */
function beyondRanges(text: string, tokens: number): string[] {
  const encoded = createEncoder({ tokenizer, config, tokens, promptTokens: 0 })(text);
  const measured = new Measured();
  const shape = { sequences: 1, tokens, answer: 0, columns: 0 };
  measured.add(architectureOf(found.config).graph(found.config, shape), plain.inputs([encoded], [], []));
  return Object.keys(found.config.ranges!).filter((name) => {
    const reached = measured.ranges[name];
    return reached !== undefined && magnitude(reached) > magnitude(known.range(name));
  });
}

it('no tensor takes more bits than its range has in texts of 8 to 200 tokens', () => {
  for (const tokens of [8, 64, 128, 200]) expect(beyondRanges(drawn(tokens), tokens), `${tokens} tokens`).toEqual([]);
});

it.each([64, 128])(
  'texts of %i tokens that say one thing over and over open what the reference computes',
  async (tokens) => {
    const model = {
      config: found.config,
      tokenizer: tokenizerJson,
      source: overlaid(source, found.tensors),
      stored: source,
    };
    const texts = words.map((word) => `${word} `.repeat(tokens));
    const { least } = await underMpc(model, plain, texts, tokens);
    expect(least).toBeGreaterThan(0.99);
  },
  120_000,
);
