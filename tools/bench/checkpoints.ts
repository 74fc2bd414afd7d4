/** Stock sentence encoders under MPC, its three roles in memory, beside the same model in the clear and the cost model. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFloatProduct } from '../../src/compute/wasm/float-product';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { planModel } from '../../src/models/plan-model';
import { costOf } from '../../src/mpc/cost';
import { BUNDLED_TEXT, calibrated } from '../calibrate-stock';
import { embeddingsOf, encoded, passOf, underMpc } from '../model-check';
import { openModelFolder } from '../model-folder';
import type { Checkpoints } from './figures';

const LENGTHS = [32, 128];
const TEXTS = 2;

/** Of every model in a folder under `models`; undefined where there is none. A model without a calibration is calibrated first. */
export async function measureCheckpoints(
  models: string,
  say: (line: string) => void,
): Promise<Checkpoints | undefined> {
  const found = existsSync(models)
    ? readdirSync(models).filter((name) => existsSync(join(models, name, 'config.json')))
    : [];
  if (found.length === 0) {
    say(`there is no model under ${models} (--models FOLDER)`);
    return undefined;
  }
  const product = await createFloatProduct();
  const texts = textsFor(Math.max(...LENGTHS));
  const measured: Checkpoints['models'] = [];
  for (const name of found.sort()) {
    const opened = await openModelFolder(join(models, name));
    try {
      const model = await calibrated(opened, { product, say });
      const plain = await PlaintextModel.load(model.config, model.source, product);
      const passes: Checkpoints['models'][number]['passes'] = [];
      for (const tokens of LENGTHS) {
        const began = performance.now();
        embeddingsOf(plain, encoded(model, texts, tokens));
        const clearSeconds = (performance.now() - began) / 1000 / texts.length;
        const { least, mean, seconds, pass } = await underMpc(model, plain, texts, tokens, 1);
        const { rounds, toModelOwner, toDataOwner, dealt } = costOf(planModel(model.config, passOf(model, 1, tokens)));
        const counted = { rounds, toModelOwner, toDataOwner, dealt };
        passes.push({
          ...{ ...pass, tokens, texts: texts.length, counted, cosine: { least, mean } },
          ...{ seconds: seconds / texts.length, clearSeconds },
        });
        say(`${name}, ${tokens} tokens: ${(seconds / texts.length).toFixed(1)} s a text`);
      }
      const { num_hidden_layers: layers, hidden_size: hidden } = model.config;
      measured.push({ model: name, layers, hidden, passes });
    } finally {
      await opened.close();
    }
  }
  return { models: measured };
}

/** Texts that fill so many tokens: of public lines, one behind the other. */
function textsFor(tokens: number): string[] {
  const words = readFileSync(BUNDLED_TEXT, 'utf8').split(/\s+/);
  return Array.from({ length: TEXTS }, (_, i) => words.slice(i * tokens, (i + 1) * tokens).join(' '));
}
