/** A model of 12 layers of width 768 with random weights, as files. */
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrigonometricPolynomial } from '../../src/graph/fourier';
import { isOf } from '../../src/graph/graph';
import { size } from '../../src/graph/shape';
import type { PassShape } from '../../src/models/architecture';
import { architectureOf } from '../../src/models/architectures';
import { typicalCalibration } from '../../src/models/calibration';
import { type ModelConfig, parseConfig } from '../../src/models/config';
import { safetensorsHeader } from '../../src/models/safetensors';

/** What the model is planned for. */
export const SHAPE: PassShape = { sequences: 1, tokens: 24, answer: 6, columns: 2 };

const SPECIAL = ['<s>', '<pad>', '</s>', '<unk>', '<mask>'];

/** The three files, never whole in memory either. Returns the bytes of model.safetensors. */
export async function writeModel(folder: string): Promise<number> {
  const config = syntheticConfig();
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(syntheticTokenizer(config.vocab_size)));
  const architecture = architectureOf(config);
  const shapes = Object.entries({ ...architecture.publicTensors(config), ...architecture.privateTensors(config) });
  const header = safetensorsHeader(shapes, { dtype: 'F32' });
  const handle = await open(join(folder, 'model.safetensors'), 'w');
  await handle.write(header.bytes);
  for (const [name, shape] of shapes) await writeRandom(handle, size(shape), /norm\.weight$/i.test(name));
  await handle.close();
  return header.bytes.length + header.dataBytes;
}

const NOISE = Float32Array.from({ length: 2 ** 20 }, () => 0.1 * (Math.random() - 0.5));

async function writeRandom(handle: FileHandle, count: number, aroundOne: boolean): Promise<void> {
  for (let at = 0; at < count; at += NOISE.length) {
    const values = NOISE.slice(0, Math.min(NOISE.length, count - at));
    if (aroundOne) for (const [i, x] of values.entries()) values[i] = 1 + x;
    await handle.write(new Uint8Array(values.buffer));
  }
}

function syntheticConfig(): ModelConfig {
  const config = parseConfig(
    JSON.stringify({
      ...{ model_type: 'roberta', name: 'synthetic', vocab_size: 30_522, hidden_size: 768, num_hidden_layers: 12 },
      ...{ num_attention_heads: 12, intermediate_size: 3072, max_position_embeddings: 514, layer_norm_eps: 1e-5 },
      ...{ bos_token_id: 0, pad_token_id: 1, eos_token_id: 2, mask_token_id: 4 },
      ...{ attention: 'rfa', num_frequencies: 64, denominator_offset: 1, hidden_act: 'gelu' },
    }),
  );
  // Ranges and gates as calibration would find them, near enough for a plan.
  const typical = typicalCalibration(config, SHAPE.tokens);
  const gates: Record<string, TrigonometricPolynomial> = {};
  const ranges: Record<string, [number, number]> = {};
  for (const order of ['pairs', 'features'] as const) {
    for (const tensor of architectureOf(config).graph(config, { ...SHAPE, order }).tensors) {
      const [low, high] = typical.range(tensor.name);
      ranges[tensor.name] = [low / 2, high / 2];
      if (isOf(tensor, 'gate')) gates[tensor.name] = typical.polynomial(tensor, 0);
    }
  }
  return { ...config, ranges, gates };
}

const syntheticTokenizer = (vocabulary: number) => ({
  version: '1.0',
  added_tokens: SPECIAL.map((content, id) => ({ id, content, special: true })),
  normalizer: null,
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: null,
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '<unk>',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(Array.from({ length: vocabulary }, (_, id) => [SPECIAL[id] ?? `word${id}`, id])),
  },
});
