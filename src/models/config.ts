/**
 * A model's configuration in one form, whatever its config.json calls things (`Architecture.normalise` translates) and leaves to the
 * files beside it (`Beside`). Written as JSON it is a config.json again, and complete.
 *
 * It comes from a stranger, in a file or from the peer, so everything is checked. Fields have RoBERTa's names where RoBERTa has the
 * field; a few more are of random feature attention. What the numbers mean stands with the graph, in encoder.ts.
 */
import { z } from 'zod';
import type { TrigonometricPolynomial } from '../graph/fourier';
import type { GateFit } from '../graph/functions';
import { MOST_EIGHTHS } from '../graph/shape';
import type { Architecture } from './architecture';
import { architectureNamed, architectureOf, knownArchitectures } from './architectures';
import { readJson, refusalsOf } from './json-file';
import type { TensorSource } from './tensors';

const count = z.number().int().min(1);
const index = z.number().int().min(0);
const finite = z.number();

/** The highest that a polynomial has, of which it need not have all below. */
const MOST_HARMONICS = 400;

const polynomialSchema: z.ZodType<TrigonometricPolynomial> = z.object({
  period: z.number().positive(),
  constant: finite,
  cos: z.array(finite).max(MOST_HARMONICS),
  sin: z.array(finite).max(MOST_HARMONICS),
});

const gateSchema: z.ZodType<GateFit> = polynomialSchema.and(
  z.object({ window: z.union([z.literal(8), z.literal(16)]).optional() }),
);

const MOST_GROUPS = 24;
const MOST_LAYERS = 200;

/** Tensors that a graph names: 45 a layer of BERT, and three times as many where every group has its own. */
const MOST_NAMES = 32_768;

/** By tensor of the graph. */
const byTensor = <T>(schema: z.ZodType<T>) =>
  z
    .record(z.string().max(200), schema)
    .refine((record) => Object.keys(record).length <= MOST_NAMES, { error: `has more than ${MOST_NAMES} entries` });

const eighth = z.int().min(-MOST_EIGHTHS).max(MOST_EIGHTHS);
const eighths = z.tuple([eighth, eighth, eighth]);

const groupsSchema = z.object({
  /**
   * `halvings`: how often scores are halved, and doubled again less what the row foretells (attention/softmax.ts). `mean`: whether a row's shift foretells
   * the mean of its exponentials, not their sum; the data owner then subtracts the logarithm of their number. `near`: of each head how many eighths of a row's scores before its own column, at it and behind it the shift has
   * besides.
   */
  heads: z
    .array(
      z
        .object({ count, halvings: index.max(8), mean: z.boolean(), near: z.array(eighths).optional() })
        .refine(({ count, near }) => near === undefined || near.length === count, {
          error: 'has eighths of another number of heads',
        }),
    )
    .min(1)
    .max(MOST_GROUPS),
  channels: z.array(count).min(1).max(MOST_GROUPS),
});

export type LayerGroups = z.infer<typeof groupsSchema>;

/** What calibration finds out and the data owner is told. */
export const calibrationFields = z.object({
  /** Value ranges by tensor of the graph, measured on public text (calibrate.ts): what the planner plans with. */
  ranges: byTensor(z.tuple([finite, finite])).optional(),
  /**
   * Of exact attention, a layer each: how many heads, and how many intermediate channels, share a gate. Which of them do is known to the
   * model owner alone.
   */
  groups: z.array(groupsSchema).max(MOST_LAYERS).optional(),
  /** What gates evaluate instead of a function, by tensor, fitted on (nearly) all of its range with a margin (calibrate.ts). */
  gates: byTensor(gateSchema).optional(),
});

export type CalibratedConfig = z.infer<typeof calibrationFields>;

const fields = z.object({
  /** Says which architecture reads all the rest. */
  model_type: z.string().refine((type) => architectureNamed(type) !== undefined, {
    error: ({ input }) => `${JSON.stringify(input)} is not known; ${knownArchitectures().join(', ')} can be run`,
  }),
  name: z.string().min(1).max(200),
  /** What the last layer is read for: label words at the mask or behind the last token, or one vector for a whole text. */
  task: z.enum(['masked-lm', 'causal-lm', 'embedding']),
  /** How a text's vector comes of its tokens': their mean, or the first one's. For embeddings only. */
  pooling: z.enum(['mean', 'cls']),
  vocab_size: count.max(1_000_000),
  hidden_size: count.max(16_384),
  num_hidden_layers: count.max(MOST_LAYERS),
  num_attention_heads: count.max(256),
  intermediate_size: count.max(65_536),
  /** Rows of the table of positions. The longest sequence may be shorter: `Architecture.longestSequence`. */
  max_position_embeddings: count.max(100_000),
  /** Rows of the table of token types, of which only the first is used; 0 where there is no such table. */
  type_vocab_size: index.max(1000),
  layer_norm_eps: z.number().positive().max(1),
  /** Begins every sequence: <s>, or BERT's [CLS]. */
  bos_token_id: index,
  /** Ends every sequence: </s>, or BERT's [SEP]. */
  eos_token_id: index,
  pad_token_id: index,
  /** A sentence encoder need not have one. */
  mask_token_id: index.optional(),
  attention: z.enum(['rfa', 'softmax']),
  /** Random features per head; 0 for softmax attention. */
  num_frequencies: index.max(4096),
  /** Added to every attention denominator, so that it stays away from zero. 0 for a plain model. */
  denominator_offset: z.number().min(0),
  /** `gelu_new`: as GPT-2 has it, by a hyperbolic tangent. `trigonometric`: the polynomial below *is* the activation. */
  hidden_act: z.enum(['gelu', 'gelu_new', 'trigonometric'], {
    error: ({ input }) =>
      `${JSON.stringify(input)} is not an activation that can be run; gelu (the exact one) and gelu_new (by tanh) can`,
  }),
  trigonometric: polynomialSchema.optional(),
  ...calibrationFields.shape,
});

export type ModelConfig = z.infer<typeof fields>;

/** Whether an architecture has it among what it can be run for or with. Of one that is not known, that alone is said. */
const canRun = (what: 'tasks' | 'attentions', type: string, value: string): boolean =>
  architectureNamed(type)?.[what].some((known) => known === value) ?? true;

const cannotRun = (what: 'tasks' | 'attentions', config: ModelConfig, field: 'task' | 'attention'): string =>
  `${config[field]} cannot be run with a model of the type ${config.model_type}; ${architectureOf(config)[what].join(', ')} can`;

/** Of a normalised configuration: what the peer sends, and what parseConfig returns. */
export const configSchema = fields
  .refine((c) => canRun('tasks', c.model_type, c.task), {
    path: ['task'],
    error: ({ input }) => cannotRun('tasks', input as ModelConfig, 'task'),
  })
  .refine((c) => canRun('attentions', c.model_type, c.attention), {
    path: ['attention'],
    error: ({ input }) => cannotRun('attentions', input as ModelConfig, 'attention'),
  })
  .refine((c) => c.hidden_size % c.num_attention_heads === 0, {
    error: 'hidden_size must be a multiple of num_attention_heads',
  })
  .refine((c) => c.attention !== 'rfa' || c.num_frequencies > 0, {
    error: 'random feature attention needs num_frequencies',
  })
  .refine((c) => c.hidden_act !== 'trigonometric' || c.trigonometric !== undefined, {
    error: 'the trigonometric activation needs its polynomial, trigonometric',
  })
  .refine((c) => c.groups === undefined || c.groups.every((layer) => covers(layer, c)), {
    path: ['groups'],
    error: 'its heads and channels are not those of a layer',
  })
  .refine((c) => c.groups === undefined || (c.attention === 'softmax' && c.groups.length === c.num_hidden_layers), {
    path: ['groups'],
    error: 'there has to be one for each layer, of softmax attention',
  })
  .refine((c) => c.task !== 'masked-lm' || c.mask_token_id !== undefined, {
    path: ['mask_token_id'],
    error: 'a masked language model needs it; config.json has none, nor has tokenizer.json a [MASK] or <mask>',
  });

function covers(
  { heads, channels }: LayerGroups,
  { num_attention_heads, intermediate_size }: Pick<z.infer<typeof fields>, 'num_attention_heads' | 'intermediate_size'>,
): boolean {
  const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0);
  return sum(heads.map(({ count }) => count)) === num_attention_heads && sum(channels) === intermediate_size;
}

export type Task = ModelConfig['task'];
export type Pooling = ModelConfig['pooling'];

/** Whether what is opened of a text is of all of its tokens, and not read at one. */
export const isMeanPooled = ({ task, pooling }: Pick<ModelConfig, 'task' | 'pooling'>): boolean =>
  task === 'embedding' && pooling === 'mean';

/** Tokens that stand for no text, by what they are for. */
export interface SpecialTokens {
  bos?: number;
  eos?: number;
  pad?: number;
  mask?: number;
}

/** What lies beside a config.json and says what it does not. */
export interface Beside {
  /** The folder's or the repository's. */
  name?: string;
  /** As tokenizer.json names them. */
  special?: SpecialTokens;
  /** sentence-transformers' word on it. Its being there makes the model a sentence encoder. */
  pooling?: Pooling;
  /** As a calibration kept beside it has them; instead of its own. */
  calibration?: CalibratedConfig;
  /** Of the weights, under the architecture's names. */
  header?: TensorSource['header'];
}

/** Other names of functions that are known. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  gelu_python: 'gelu',
  gelu_fast: 'gelu_new',
  gelu_pytorch_tanh: 'gelu_new',
};

const typeSchema = z.looseObject({ model_type: fields.shape.model_type });

const REFUSALS = refusalsOf('config.json');

const readType = (json: string) => readJson(json, typeSchema, REFUSALS);

/** The architecture that a config.json is of. Throws, saying what is known, for another. */
export const architectureIn = (json: string): Architecture => architectureOf(readType(json));

/**
 * Reads a config.json. What it leaves out is what the library that wrote it would take. Throws with the field's name and what is wrong
 * with it.
 */
export function parseConfig(json: string, beside: Beside = {}): ModelConfig {
  const given = readType(json);
  const result = configSchema.safeParse({
    ...completed(architectureOf(given), withoutNulls(given), beside),
    ...beside.calibration,
  });
  if (!result.success) throw REFUSALS.schema(result.error);
  return result.data;
}

/** The library writes null where a field has no value. */
const withoutNulls = (json: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));

function completed(architecture: Architecture, json: Record<string, unknown>, beside: Beside): Record<string, unknown> {
  const { special = {}, header } = beside;
  const fields = architecture.normalise(json, header);
  const { hidden_act: activation, _name_or_path: path } = fields;
  return {
    task: taskOf(architecture, json, beside),
    pooling: beside.pooling ?? 'mean',
    attention: 'softmax',
    num_frequencies: 0,
    denominator_offset: 0,
    ...fields,
    name: fields.name ?? beside.name ?? (typeof path === 'string' && path !== '' ? path : architecture.modelType),
    hidden_act: typeof activation === 'string' ? (ACTIVATIONS[activation] ?? activation) : activation,
    bos_token_id: fields.bos_token_id ?? special.bos,
    eos_token_id: fields.eos_token_id ?? special.eos,
    pad_token_id: fields.pad_token_id ?? special.pad,
    mask_token_id: fields.mask_token_id ?? special.mask,
  };
}

/** A language model needs its head among the weights, and must not say that it is something else. */
function taskOf(
  { headTensor, tasks: [usual = 'embedding'] }: Architecture,
  { architectures }: Record<string, unknown>,
  beside: Beside,
): Task {
  if (beside.pooling !== undefined) return 'embedding';
  if (headTensor === undefined) return usual;
  if (beside.header && !beside.header.has(headTensor)) return 'embedding';
  const declared = Array.isArray(architectures) ? architectures.map(String) : [];
  const masked = declared.length === 0 || declared.some((name) => /For(MaskedLM|PreTraining)$/.test(name));
  return masked ? usual : 'embedding';
}
