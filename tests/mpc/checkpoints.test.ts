/**
 * Stock checkpoints under MPC: calibrated here on a part of the bundled text, then beside the plaintext reference. `npm run check:models` does
 * it with all of both.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createFloatProduct } from '../../src/compute/wasm/float-product';
import { calibrateModel } from '../../src/models/calibrate-model';
import { withCalibrated } from '../../src/models/own-model';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { calibrationBatches, textsIn } from '../../src/session/calibration-text';
import { underMpc } from '../../tools/model-check';
import { openModelFolder } from '../../tools/model-folder';

/** Beside the checkout; not in the repository. */
const SHARED = '../shared/models';
const TEXTS = 8;
/** Of the bundled text one line in so many, and no longer sequences: reading them all takes minutes. */
const THINNED = 4;
const MOST_TOKENS = 64;

describe.each(['all-MiniLM-L6-v2', 'bge-small-en-v1.5'])('%s under MPC', (name) => {
  const folder = `${SHARED}/${name}`;
  it.skipIf(!existsSync(folder))(
    `opens the embeddings of the plaintext reference (skipped without ${SHARED})`,
    async () => {
      const stock = await openModelFolder(folder);
      try {
        const product = await createFloatProduct();
        const lines = textsIn(readFileSync('public/calibration.txt', 'utf8')).filter((_, i) => i % THINNED === 0);
        const batches = (await calibrationBatches(lines, stock)).filter(
          ({ texts }) => texts[0]!.ids.length <= MOST_TOKENS,
        );
        const found = await calibrateModel(stock.config, stock.source, batches, { product });
        const { model } = await withCalibrated(stock, found);
        const { texts } = JSON.parse(readFileSync(`${folder}/reference.json`, 'utf8')) as { texts: string[] };
        const step = Math.floor(texts.length / TEXTS);
        const some = Array.from({ length: TEXTS }, (_, i) => texts[i * step]!);
        const plain = await PlaintextModel.load(model.config, model.source, product);
        const { least, mean } = await underMpc(model, plain, some, 32);
        expect(least).toBeGreaterThan(0.9995);
        expect(mean).toBeGreaterThan(0.9999);
      } finally {
        await stock.close();
      }
    },
    600_000,
  );
});
