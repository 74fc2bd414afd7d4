/**
 * The cost model from the command line: rounds, bytes, dealt bytes, ring operations and network time of one forward pass.
 *
 *   npm run cost -- --shape layers=24,hidden=1024,heads=16,ff=4096,frequencies=64 --tokens 512 --sequences 1
 *   npm run cost -- --model public/models/tiny --tokens 24 --sequences 128 --json
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { calibrationOf, typicalCalibration } from '../src/models/calibration';
import type { ModelConfig } from '../src/models/config';
import { encoder } from '../src/models/encoder';
import { costOf, networkSeconds } from '../src/program/cost';
import { planNetwork } from '../src/program/planner';
import { parseConfig } from '../src/session/control';
import { formatBytes, formatCount, main, parseQuantity } from './command-line';

const HELP = `Exact cost of one forward pass under MPC.

  --shape layers=L,hidden=D,heads=H,ff=F,frequencies=M   a model by its shape (default: RoBERTa-large)
  --model FOLDER              a model by its config.json instead
  --tokens N                  padded length of a sequence (default 512; with --model 24)
  --sequences N               sequences in the batch (default 1)
  --answer N                  position that is read (default 6)
  --words N                   label words (default 2)
  --attention rfa|softmax     (default rfa)
  --bandwidth 100Mbit         of every connection, each way (default 100Mbit)
  --latency 80ms              one way (default 10ms)
  --json`;

main(HELP, () => {
  const { values } = parseArgs({
    options: {
      shape: { type: 'string' },
      model: { type: 'string' },
      tokens: { type: 'string' },
      sequences: { type: 'string', default: '1' },
      answer: { type: 'string', default: '6' },
      words: { type: 'string', default: '2' },
      attention: { type: 'string' },
      bandwidth: { type: 'string', default: '100Mbit' },
      latency: { type: 'string', default: '10ms' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.model && (values.shape || values.attention)) {
    throw new Error('--model says shape and attention itself: leave out --shape and --attention');
  }
  const count = (name: 'sequences' | 'answer' | 'words' | 'tokens', text: string) =>
    parseQuantity(`--${name}`, text, { '': 1 });
  const tokens = count('tokens', values.tokens ?? (values.model ? '24' : '512'));
  const shape = {
    sequences: count('sequences', values.sequences),
    tokens,
    answer: count('answer', values.answer),
    words: count('words', values.words),
  };
  const config = values.model
    ? parseConfig(readFileSync(join(values.model, 'config.json'), 'utf8'))
    : configOf(
        values.shape ?? 'layers=24,hidden=1024,heads=16,ff=4096,frequencies=64',
        values.attention ?? 'rfa',
        tokens,
      );
  const calibration = values.model ? calibrationOf(config) : typicalCalibration(config, tokens);
  const conditions = {
    bandwidth: parseQuantity('--bandwidth', values.bandwidth, { bit: 1, kbit: 1e3, Mbit: 1e6, Gbit: 1e9 }),
    latency: parseQuantity('--latency', values.latency, { s: 1, ms: 1e-3 }),
  };
  const cost = costOf(planNetwork(encoder(config, shape), calibration));
  const seconds = networkSeconds(cost, conditions);
  const report = {
    model: config.name,
    ...shape,
    rounds: cost.rounds,
    bytes: { toModelOwner: cost.toModelOwner, toDataOwner: cost.toDataOwner, dealt: cost.dealt },
    setup: cost.setup,
    operations: cost.operations,
    seconds,
    byOperation: Object.fromEntries(
      Object.entries(cost.byOperation).map(([name, { rounds, toModelOwner, toDataOwner, dealt, operations }]) => [
        name,
        {
          rounds,
          bytes: { toModelOwner, toDataOwner, dealt },
          operations,
          seconds: networkSeconds(cost.byOperation[name]!, conditions),
        },
      ]),
    ),
  };
  if (values.json) {
    console.log(JSON.stringify(report, null, 2));
    return;
  }
  console.log(`${config.name}: ${shape.sequences} × ${tokens} tokens, ${config.attention} attention\n`);
  const line = (name: string, cells: string[]) =>
    console.log(name.padEnd(12) + cells.map((cell) => cell.padStart(16)).join(''));
  line('', ['rounds', 'to model', 'to data', 'dealt', 'operations']);
  for (const [name, c] of [...Object.entries(cost.byOperation), ['together', cost] as const]) {
    const bytes = [c.toModelOwner, c.toDataOwner, c.dealt].map(formatBytes);
    line(name, [c.rounds ? String(c.rounds) : '', ...bytes, formatCount(c.operations)]);
  }
  console.log(`\nOnce a run: ${formatBytes(cost.setup.toDataOwner)} of masked matrices to the data owner.`);
  console.log(`On ${values.bandwidth} with ${values.latency} one way: ${seconds.toFixed(2)} s on the network.`);
});

/** A model without weights, for counting. Throws for a shape that is none. */
function configOf(text: string, attention: string, tokens: number): ModelConfig {
  const known = { layers: 24, hidden: 1024, heads: 16, ff: 4096, frequencies: 64, vocabulary: 50265 };
  for (const part of text.split(',')) {
    const [key = '', value = ''] = part.split('=');
    if (!(key in known)) throw new Error(`--shape has no ${key}; it has ${Object.keys(known).join(', ')}`);
    known[key as keyof typeof known] = parseQuantity(`--shape ${key}`, value, { '': 1 });
  }
  return parseConfig(
    JSON.stringify({
      model_type: 'roberta',
      name: text,
      vocab_size: known.vocabulary,
      hidden_size: known.hidden,
      num_hidden_layers: known.layers,
      num_attention_heads: known.heads,
      intermediate_size: known.ff,
      max_position_embeddings: tokens + 2,
      layer_norm_eps: 1e-5,
      bos_token_id: 0,
      pad_token_id: 1,
      eos_token_id: 2,
      mask_token_id: 4,
      attention,
      num_frequencies: attention === 'rfa' ? known.frequencies : 0,
      denominator_offset: 1,
      hidden_act: 'gelu',
    }),
  );
}
