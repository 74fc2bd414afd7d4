/**
 * Measures a model on public text: value ranges, the gates fitted to them, and for exact attention shifts and groups.
 *
 *   npm run calibrate -- --model FOLDER                          a stock model: calibration.json and .safetensors beside it
 *   npm run calibrate -- --model sentence-transformers/all-MiniLM-L6-v2 --out calibration/
 *   npm run calibrate -- --model public/models/tiny --text ../shared/data/wikitext2-valid-test.txt.gz --sequences 512
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createFloatProduct } from '../src/compute/wasm/float-product';
import { CALIBRATION, PRIVATE_CALIBRATION } from '../src/models/calibration-file';
import { textsIn } from '../src/session/calibration-text';
import { BUNDLED_TEXT, calibrateStock } from './calibrate-stock';
import { formatBytes, main, parseQuantity } from './command-line';
import { openModelNamed } from './model-folder';
import { calibrate } from './pretrain/calibrate';
import { readText } from './text-file';

const HELP = `Measure a model on public text, so that it can be offered.

  --model FOLDER      or a name of the Hugging Face hub's (default public/models/tiny)
  --text FILE         one text a line, may be .gz; may be given several times (default: ${BUNDLED_TEXT})
  --out FOLDER        where a stock model's calibration goes (default: the model's folder)

A model with random features, as the ones built in, gets its ranges and gates written into config.json instead:
  --sequences N       how many texts (default 512)
  --tokens N          padded length (default 24)`;

main(HELP, async () => {
  const { values } = parseArgs({
    options: {
      model: { type: 'string', default: 'public/models/tiny' },
      text: { type: 'string', multiple: true, default: [BUNDLED_TEXT] },
      out: { type: 'string' },
      sequences: { type: 'string', default: '512' },
      tokens: { type: 'string', default: '24' },
    },
  });
  const model = await openModelNamed(values.model, ({ file, done, total }) =>
    console.log(`${file}: ${formatBytes(done)} of ${formatBytes(total)}`),
  );
  try {
    if (model.config.attention === 'rfa') {
      await calibrate({
        folder: values.model,
        texts: values.text,
        sequences: parseQuantity('--sequences', values.sequences, { '': 1 }),
        tokens: parseQuantity('--tokens', values.tokens, { '': 1 }),
      });
      return;
    }
    const lines = values.text.flatMap((path) => textsIn(readText(path)));
    const { files } = await calibrateStock(model, { product: await createFloatProduct(), say: console.log, lines });
    const out = values.out ?? values.model;
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, CALIBRATION), files.json);
    if (files.tensors) writeFileSync(join(out, PRIVATE_CALIBRATION), files.tensors);
    console.log(`written to ${out}: keep ${PRIVATE_CALIBRATION} as private as the weights`);
  } finally {
    await model.close();
  }
});
