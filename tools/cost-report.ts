/**
 * What `npm run cost` computes: a forward pass's rounds, bytes, dealt bytes, ring operations and network time, from shapes alone.
 */
import { parseArgs } from 'node:util';
import type { PassShape } from '../src/models/architecture';
import { calibrationOf, typicalCalibration } from '../src/models/calibration';
import { type ModelConfig, parseConfig } from '../src/models/config';
import { answerOf, slotsApart } from '../src/models/encode';
import { type Cost, costOf } from '../src/mpc/cost';
import { foretold, type NetworkConditions } from '../src/mpc/foretell';
import { keptBytes } from '../src/mpc/kept-flights';
import { memoryOf } from '../src/mpc/memory';
import { dealtBefore, timelineOf } from '../src/mpc/timeline';
import { seconds } from '../src/ring/units';
import { isCalibrated } from '../src/session/offer-estimate';
import { ofTexts } from '../src/session/pass-size';
import { planPass } from '../src/session/run';
import { parseQuantity } from './command-line';
import { openModelNamed } from './model-folder';

export type CostReport = ReturnType<typeof report>;

/**
 * The reports for a command line's arguments (cost.ts tells them): of a model or a shape with one kind of attention one, of a shape alone
 * one with each. `say` is told how a download is doing. Throws, naming the option, for what it does not understand, and as
 * openModelNamed does.
 */
export async function costReports(args: string[], say: (line: string) => void = () => {}): Promise<CostReport[]> {
  const { values } = parseArgs({
    args,
    options: {
      shape: { type: 'string' },
      model: { type: 'string' },
      tokens: { type: 'string' },
      sequences: { type: 'string', default: '1' },
      candidates: { type: 'string' },
      answer: { type: 'string', default: '6' },
      words: { type: 'string', default: '2' },
      attention: { type: 'string' },
      bandwidth: { type: 'string', default: '100Mbit' },
      latency: { type: 'string', default: '10ms' },
    },
  });
  if (values.model && (values.shape || values.attention)) {
    throw new Error('--model says shape and attention itself: leave out --shape and --attention');
  }
  const count = (name: 'sequences' | 'candidates' | 'answer' | 'words' | 'tokens', text: string) =>
    parseQuantity(`--${name}`, text, { '': 1 });
  const tokens = count('tokens', values.tokens ?? (values.model ? '24' : '512'));
  const shape = {
    sequences: count('sequences', values.sequences),
    tokens,
    answer: count('answer', values.answer),
    columns: count('words', values.words),
  };
  const candidates = values.candidates === undefined ? undefined : count('candidates', values.candidates);
  if (candidates !== undefined && shape.sequences % candidates !== 0)
    throw new Error(
      `--candidates ${candidates} does not divide --sequences ${shape.sequences}: each is before every text`,
    );
  const conditions = {
    bandwidth: parseQuantity('--bandwidth', values.bandwidth, { bit: 1, kbit: 1e3, Mbit: 1e6, Gbit: 1e9 }),
    latency: seconds(parseQuantity('--latency', values.latency, { s: 1, ms: 1e-3 })),
    said: { bandwidth: values.bandwidth, latency: values.latency },
  };
  if (values.model) {
    const { config, close } = await openModelNamed(values.model, ({ file }) => say(`fetching ${file}`));
    await close();
    const answer = answerOf(config, shape.answer - 1, tokens);
    return [report(config, apart(config, { ...shape, answer }, candidates), conditions)];
  }
  const text = values.shape ?? 'layers=24,hidden=1024,heads=16,ff=4096,frequencies=64';
  const attentions = values.attention ? [values.attention] : ['rfa', 'softmax'];
  return attentions.map((attention) => {
    const config = configOf(text, attention, tokens);
    return report(config, apart(config, shape, candidates), conditions);
  });
}

/** The shape with prompts of so many candidates apart from texts. Throws for a model that takes none so. */
function apart(config: ModelConfig, shape: PassShape, candidates: number | undefined): PassShape {
  if (candidates === undefined) return shape;
  const slots = slotsApart(config, shape.answer - 1);
  if (slots === 0) throw new Error(`--candidates: ${config.name} has no prompt that could be given apart from texts`);
  return { ...shape, slots, candidates };
}

type Conditions = NetworkConditions & { said: { bandwidth: string; latency: string } };

/** A model without ranges is counted as others are that have them. */
function report(config: ModelConfig, shape: PassShape, conditions: Conditions) {
  const calibrated = isCalibrated(config);
  const { sequences, candidates = 1, ...rest } = shape;
  const calibration = calibrated ? calibrationOf(config) : typicalCalibration(config, shape.tokens);
  const plan = planPass(config, rest, { candidates, texts: sequences / candidates }, calibration);
  const cost = costOf(plan);
  // Passes that are prepared ahead have every prompt in its text, and are kept by the model owner.
  const alone = planPass(config, { ...rest, slots: 0, dealtTo: 'model-owner' }, ofTexts(sequences), calibration);
  const ahead = costOf(alone, { isAhead: true });
  return {
    model: config.name,
    attention: config.attention,
    calibrated,
    sequences,
    candidates: shape.candidates,
    tokens: shape.tokens,
    answer: shape.answer,
    columns: shape.columns,
    conditions: conditions.said,
    rounds: cost.rounds,
    turns: cost.turns,
    bytes: bytesOf(cost),
    setup: cost.setup,
    memory: memoryOf(plan),
    operations: cost.operations,
    seconds: foretold(timelineOf(plan), { between: conditions }),
    /** Prepared ahead: what is dealt and known has come before. */
    ahead: {
      turns: ahead.turns,
      toModelOwner: ahead.toModelOwner,
      toDataOwner: ahead.toDataOwner,
      kept: keptBytes(alone),
      seconds: foretold(dealtBefore(timelineOf(alone, true)), { between: conditions }),
    },
    byOperation: Object.fromEntries(
      Object.entries(cost.byOperation).map(([name, entry]) => [
        name,
        {
          rounds: entry.rounds,
          bytes: bytesOf(entry),
          operations: entry.operations,
        },
      ]),
    ),
  };
}

const bytesOf = ({ toModelOwner, knownAhead, toDataOwner, dealt }: Cost) => ({
  toModelOwner,
  knownAhead,
  toDataOwner,
  dealt,
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
      denominator_offset: attention === 'rfa' ? 1 : 0,
      hidden_act: 'gelu',
    }),
  );
}
