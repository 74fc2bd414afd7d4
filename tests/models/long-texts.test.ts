/** A calibration on the bundled text, beside what longer and shorter texts reach. */
import { readFileSync } from 'node:fs';
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
import { calibrationBatches, textsIn } from '../../src/session/calibration-text';
import { generator, randomConfig, randomTensors, SOFTMAX } from '../support/random-model';
import { TOKENS, tokenizerJson } from '../support/session';

/** Scores so far apart that what a row's exponentials add up to depends on how many tokens there are. */
const SHARPER = 4;
/** One line in so many of the bundled text. */
const THINNED = 4;

it('no tensor takes more bits than its range has in texts of 8 to 200 tokens', async () => {
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
  const lines = textsIn(readFileSync('public/calibration.txt', 'utf8')).filter((_, i) => i % THINNED === 0);
  const batches = await calibrationBatches(lines, { config, tokenizer: tokenizerJson, source });
  const found = await calibrateModel(config, source, batches);
  const plain = await PlaintextModel.load(found.config, overlaid(source, found.tensors));
  const known = calibrationOf(found.config);
  const tokenizer = loadTokenizer(tokenizerJson, config);
  const random = generator(4);
  const words = TOKENS.slice(5);
  for (const tokens of [8, 64, 128, 200]) {
    const text = Array.from({ length: tokens }, () => words[Math.floor(random() * words.length)]).join(' ');
    const encoded = createEncoder({ tokenizer, config, tokens, promptTokens: 0 })(text);
    const measured = new Measured();
    const shape = { sequences: 1, tokens, answer: 0, columns: 0 };
    measured.add(architectureOf(found.config).graph(found.config, shape), plain.inputs([encoded], [], []));
    const beyond = Object.keys(found.config.ranges!).filter((name) => {
      const reached = measured.ranges[name];
      return reached !== undefined && magnitude(reached) > magnitude(known.range(name));
    });
    expect(beyond, `${tokens} tokens`).toEqual([]);
  }
});
