/**
 * Measures a model's value ranges on public text and writes them, with the gates fitted to them, into its config.json.
 *
 *   npm run calibrate -- --model public/models/tiny --text ../shared/data/wikitext2-valid-test.txt.gz
 */
import { parseArgs } from 'node:util';
import { main, parseQuantity } from './command-line';
import { calibrate } from './pretrain/calibrate';

const HELP = `Measure value ranges on public text, fit the gates, update config.json.

  --model FOLDER      with config.json, tokenizer.json, model.safetensors
  --text FILE         one text a line, may be .gz; may be given several times (default: the sample texts)
  --sequences N       how many texts (default 512)
  --tokens N          padded length (default 24)`;

main(HELP, async () => {
  const { values } = parseArgs({
    options: {
      model: { type: 'string', default: 'public/models/tiny' },
      text: { type: 'string', multiple: true, default: ['public/samples/patient-feedback.csv'] },
      sequences: { type: 'string', default: '512' },
      tokens: { type: 'string', default: '24' },
    },
  });
  await calibrate({
    folder: values.model,
    texts: values.text,
    sequences: parseQuantity('--sequences', values.sequences, { '': 1 }),
    tokens: parseQuantity('--tokens', values.tokens, { '': 1 }),
  });
});
