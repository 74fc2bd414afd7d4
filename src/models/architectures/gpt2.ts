/**
 * GPT-2 (Radford et al. 2019), as Hugging Face's GPT2LMHeadModel stores it, or GPT2Model: its output layer is the word embeddings, so both
 * have all of it.
 *
 * Its embedding is wte[id] + wpe[index]. Linear weights are [in, out] (Conv1D), those of queries, keys and values one matrix [hidden, 3 ·
 * hidden].
 */
import type { Shape } from '../../graph/shape';
import type { Architecture, Recipe, TensorShapes } from '../architecture';
import type { ModelConfig } from '../config';
import { type DecoderNames, decoderGraph, decoderMatrices, decoderSpread, decoderTensors } from '../decoder';
import { Embedding } from '../embedding';
import { outputsAt } from '../folding';
import { checkTensors } from '../tensors';
import { renamedFields } from './fields';
import { type Refusal, refuse } from './refusals';

const PREFIX = 'transformer';
const WORDS = `${PREFIX}.wte.weight`;
const POSITIONS = `${PREFIX}.wpe.weight`;

/** Its names of config.json's fields, in those of ModelConfig. */
const FIELDS: Readonly<Record<string, string>> = {
  n_embd: 'hidden_size',
  n_layer: 'num_hidden_layers',
  n_head: 'num_attention_heads',
  n_inner: 'intermediate_size',
  n_positions: 'max_position_embeddings',
  activation_function: 'hidden_act',
  layer_norm_epsilon: 'layer_norm_eps',
};

/** The library's values. */
const DEFAULTS = {
  vocab_size: 50257,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  max_position_embeddings: 1024,
  type_vocab_size: 0,
  layer_norm_eps: 1e-5,
  hidden_act: 'gelu_new',
  bos_token_id: 50256,
  eos_token_id: 50256,
} satisfies Partial<ModelConfig>;

/** `reorder_and_upcast_attn` is not among them: it is about the order of roundings. */
const REFUSED: readonly Refusal[] = [
  ['scale_attn_weights', [true], 'scores over the root of a head’s width can be run'],
  ['scale_attn_by_inverse_layer_idx', [false], 'scores alike in all layers can be run'],
  ['tie_word_embeddings', [true], 'only a tied output layer can be run'],
];

/** [in, out] and [out], as it is stored. */
const conv1d =
  (name: string): Recipe =>
  async (source) => {
    const [weight, bias] = [await source.read(`${name}.weight`), await source.read(`${name}.bias`)];
    const outputs = bias.length;
    return {
      inputs: weight.length / outputs,
      outputs,
      values: Float64Array.from(weight),
      bias: Float64Array.from(bias),
    };
  };

const layerNamed = (index: number) => `${PREFIX}.h.${index}`;

const names = ({ hidden_size: d }: ModelConfig): DecoderNames => ({
  layer(index) {
    const layer = layerNamed(index);
    const third =
      (part: number): Recipe =>
      async (source) => {
        const places = Array.from({ length: d }, (_, i) => part * d + i);
        return outputsAt(await conv1d(`${layer}.attn.c_attn`)(source), places);
      };
    return {
      attentionNorm: `${layer}.ln_1`,
      norm: `${layer}.ln_2`,
      attention: { query: third(0), key: third(1), value: third(2), output: conv1d(`${layer}.attn.c_proj`) },
      intermediate: conv1d(`${layer}.mlp.c_fc`),
      output: conv1d(`${layer}.mlp.c_proj`),
    };
  },
  norm: `${PREFIX}.ln_f`,
});

const publicTensors = ({ vocab_size, max_position_embeddings, hidden_size: d }: ModelConfig): TensorShapes => ({
  [WORDS]: [vocab_size, d],
  [POSITIONS]: [max_position_embeddings, d],
});

function privateTensors(config: ModelConfig): TensorShapes {
  const { hidden_size: d, intermediate_size: inner, num_hidden_layers } = config;
  const shapes: Record<string, Shape> = {};
  const put = (name: string, weight: Shape) => {
    shapes[`${name}.weight`] = weight;
    shapes[`${name}.bias`] = weight.slice(-1);
  };
  for (let i = 0; i < num_hidden_layers; i++) {
    const layer = layerNamed(i);
    put(`${layer}.ln_1`, [d]);
    put(`${layer}.attn.c_attn`, [d, 3 * d]);
    put(`${layer}.attn.c_proj`, [d, d]);
    put(`${layer}.ln_2`, [d]);
    put(`${layer}.mlp.c_fc`, [d, inner]);
    put(`${layer}.mlp.c_proj`, [inner, d]);
    Object.assign(shapes, decoderTensors(config, i));
  }
  put(`${PREFIX}.ln_f`, [d]);
  return shapes;
}

export const gpt2: Architecture = {
  modelType: 'gpt2',
  tasks: ['causal-lm'],
  attentions: ['softmax'],
  tied: ['lm_head.weight', WORDS],
  normalise(json) {
    refuse(json, REFUSED);
    const { architectures } = json;
    const declared = Array.isArray(architectures) ? architectures.map(String) : [];
    if (declared.length > 0 && !declared.some((name) => /^GPT2(LMHead|DoubleHeads)?Model$/.test(name)))
      throw new Error(
        `config.json: architectures: ${declared.join(', ')} is not supported; GPT2LMHeadModel can be run`,
      );
    const fields: Record<string, unknown> = { ...DEFAULTS, ...renamedFields(json, FIELDS) };
    return {
      intermediate_size: 4 * Number(fields.hidden_size),
      // It was trained without padding. What pads is never embedded, so any token will do.
      pad_token_id: fields.eos_token_id,
      ...fields,
    };
  },
  canonicalName: (stored) => (/^(wte|wpe|h|ln_f)\./.test(stored) ? `${PREFIX}.${stored}` : stored),
  longestSequence: (config) => config.max_position_embeddings,
  publicTensors,
  privateTensors,
  async embedding(config, source) {
    await checkTensors(source, publicTensors(config), config);
    return new Embedding({
      hidden: config.hidden_size,
      table: await source.read(WORDS),
      positions: await source.read(POSITIONS),
      bias: new Float32Array(config.vocab_size),
    });
  },
  graph: decoderGraph,
  hiddenSpread: decoderSpread,
  matrices: (config) => decoderMatrices(config, names(config)),
};
