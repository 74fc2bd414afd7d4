/**
 * Stock sentence encoders against an independent implementation's numbers: in the clear, and under MPC with its three roles in memory.
 *
 *   npm run check:models                                      all checkpoints under ../shared/models
 *   npm run check:models -- --model FOLDER --texts 8 --tokens 32
 *   npm run check:models -- --texts 2 --tokens 256 --fill   texts that take all of the padded length
 *
 * A folder has a reference.json besides: {"texts": […], "tokens": 64, "embeddings": [[…], …]}, the embeddings as long as they come. A model
 * without a calibration is calibrated on public/calibration.txt first.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { createFloatProduct } from '../src/compute/wasm/float-product';
import { PlaintextModel } from '../src/models/plaintext-model';
import { planModel } from '../src/models/plan-model';
import { costOf } from '../src/mpc/cost';
import { calibrated } from './calibrate-stock';
import { formatBytes, main, parseQuantity } from './command-line';
import { cosine, embeddingsOf, encoded, passOf, spread, underMpc } from './model-check';
import { openModelFolder } from './model-folder';

const DEFAULT = '../shared/models';

const HELP = `Stock sentence encoders in the clear and under MPC against reference embeddings.

  --model FOLDER     with a reference.json; may be given several times (default: every folder of ${DEFAULT})
  --texts N          of the reference's, spread over them (default: all)
  --tokens N         padded length; may be given several times (default: 32 and 64)
  --fill             joins the reference's texts until each takes the whole padded length
  --least COSINE     fail below (default 0.9995)
  --mean COSINE      fail below, on average (default 0.9999)`;

/** In the clear, of every text. */
const PLAINTEXT_LEAST = 0.9999;

const referenceSchema = z.object({
  texts: z.array(z.string()).min(1),
  tokens: z.number().int().positive(),
  embeddings: z.array(z.array(z.number())),
});

main(HELP, async () => {
  const { values } = parseArgs({
    options: {
      model: { type: 'string', multiple: true },
      texts: { type: 'string' },
      tokens: { type: 'string', multiple: true, default: ['32', '64'] },
      fill: { type: 'boolean', default: false },
      least: { type: 'string', default: '0.9995' },
      mean: { type: 'string', default: '0.9999' },
    },
  });
  const whole = (option: string, text: string) => parseQuantity(option, text, { '': 1 });
  const [least, mean] = [Number(values.least), Number(values.mean)];
  const folders = values.model ?? found();
  const product = await createFloatProduct();
  let failures = 0;
  const judged = (good: boolean) => {
    if (!good) failures++;
    return good ? '' : '  TOO LOW';
  };
  for (const folder of folders) {
    const reference = referenceSchema.parse(JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')));
    const opened = await openModelFolder(folder);
    try {
      const model = await calibrated(opened, { product, say: console.log });
      const count = Math.min(values.texts ? whole('--texts', values.texts) : Infinity, reference.texts.length);
      const places = Array.from({ length: count }, (_, i) => Math.floor((i * reference.texts.length) / count));
      console.log(`\n${basename(folder)}: ${model.config.num_hidden_layers} layers of ${model.config.hidden_size}`);
      const texts = places.map((place) => reference.texts[place]!);
      const plain = await PlaintextModel.load(model.config, model.source, product);
      const clear = embeddingsOf(plain, encoded(model, texts, reference.tokens));
      const off = clear.map((row, i) => cosine(row, reference.embeddings[places[i]!]!));
      console.log(
        `in the clear, ${reference.tokens} tokens: ${figures(off)}${judged(Math.min(...off) >= PLAINTEXT_LEAST)}`,
      );
      for (const tokens of values.tokens) {
        const length = whole('--tokens', tokens);
        const given = values.fill ? filling(reference.texts, places, length) : texts;
        const line = await underMpc(model, plain, given, length);
        const cost = costOf(planModel(model.config, passOf(model, 1, line.tokens)));
        console.log(
          `under MPC, ${line.tokens} tokens: ${figures(line)}${judged(line.least >= least && line.mean >= mean)}; a sequence ` +
            `${cost.rounds} rounds, ${formatBytes(cost.toModelOwner + cost.toDataOwner)} online, ${formatBytes(cost.dealt)} dealt; ` +
            `${(line.seconds / line.texts).toFixed(1)} s for three roles on one thread`,
        );
      }
    } finally {
      await opened.close();
    }
  }
  if (failures > 0) throw new Error(`${failures} of the checks failed`);
});

/** The texts at these places, each with those after it until there are as many words as tokens: no word is less than one. */
function filling(texts: readonly string[], places: readonly number[], tokens: number): string[] {
  return places.map((place) => {
    const words: string[] = [];
    for (let i = place; words.length < tokens; i++) words.push(...texts[i % texts.length]!.split(/\s+/));
    return words.join(' ');
  });
}

function found(): string[] {
  const folders = existsSync(DEFAULT) ? readdirSync(DEFAULT).map((name) => join(DEFAULT, name)) : [];
  const complete = folders.filter((folder) => existsSync(join(folder, 'reference.json')));
  if (complete.length === 0) throw new Error(`there is no model with a reference.json under ${DEFAULT}: give --model`);
  return complete;
}

const figures = (of: readonly number[] | { least: number; mean: number }) => {
  const { least, mean } = 'least' in of ? of : spread(of);
  return `cosine ${least.toFixed(6)} at least, ${mean.toFixed(6)} on average`;
};
