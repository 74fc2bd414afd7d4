/** Typed arrays of a generation: what is allocated has to be cleared, collected and fetched from memory, a gigabyte of it in half a second. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { parseConfig } from '../../src/models/config';
import { answerPosition } from '../../src/models/encode';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { planModel } from '../../src/models/plan-model';
import { readSafetensors } from '../../src/models/safetensors';
import { memorySource } from '../../src/models/tensors';
import type { Link } from '../../src/net/channel';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import { Allocations } from '../support/allocations';
import { harness, setUp } from '../support/harness';

const SEQUENCES = 128;
const TOKENS = 24;
/** Bytes of a role in one pass of the built-in model `tiny`, messages and their chunks included. */
const MOST = 120e6;

let counted: Allocations | undefined;
afterEach(() => counted?.stop());

it('a generation of 128 sequences of 24 tokens allocates 120 MB a role at most', async () => {
  const read = (file: string) => readFileSync(`public/models/tiny/${file}`);
  const config = parseConfig(read('config.json').toString());
  const model = await PlaintextModel.load(config, memorySource(readSafetensors(read('model.safetensors'))));
  const shape = {
    sequences: SEQUENCES,
    tokens: TOKENS,
    answer: answerPosition(DEFAULT_SETTINGS.promptTokens),
    columns: 2,
  };
  const plan = planModel(config, shape);
  // What a chunk makes its receiver allocate is the receiver's.
  const wrap = (link: Link, role: string): Link => ({
    maxChunk: link.maxChunk,
    send: (chunk) => link.send(chunk),
    close: (reason) => link.close(reason),
    set onchunk(listener: Link['onchunk']) {
      link.onchunk = listener && ((chunk) => (counted ? counted.of(role, () => listener(chunk)) : listener(chunk)));
    },
    set onclose(listener: Link['onclose']) {
      link.onclose = listener;
    },
  });
  const h = await harness({ wrap });
  await setUp(h, plan, model.weights, model.embedding.columns([7, 11]));
  const width = config.hidden_size;
  const embedded = Float64Array.from({ length: SEQUENCES * TOKENS * width }, (_, i) => Math.sin(i));
  const kept = new Uint8Array(SEQUENCES * TOKENS).fill(1);

  const allocations = new Allocations();
  counted = allocations;
  await Promise.all([
    allocations.of('data-owner', () => h.dataOwner.run(plan, [{ inputs: { embedded }, masks: { kept } }])),
    allocations.of('model-owner', () => h.modelOwner.run(plan)),
    allocations.of('dealer', () => h.deal(plan)),
  ]);
  allocations.stop();
  for (const [role, bytes] of allocations.bytes) console.log(`${role}: ${(bytes / 1e6).toFixed(1)} MB of typed arrays`);
  expect([...allocations.bytes.keys()].sort()).toEqual(['data-owner', 'dealer', 'model-owner']);
  // Less than what is sent would be miscounted: it lies in a message at least.
  for (const bytes of allocations.bytes.values()) expect(bytes).toBeGreaterThan(10e6);
  expect(Math.max(...allocations.bytes.values())).toBeLessThan(MOST);
});
