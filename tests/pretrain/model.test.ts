// The model that is in the repository: whole, small, and computing what its fixture says.
import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/models/config';
import { readSafetensors } from '../../src/models/safetensors';
import { startJax } from '../../tools/evaluate/fast-reference';
import { opinionAccuracy } from '../../tools/pretrain/evaluate';
import type { ForwardFixture } from '../../tools/pretrain/fixture';
import { forward } from '../../tools/pretrain/reference';
import { Encoder, fromHuggingFace } from '../../tools/pretrain/tokenizer';

const folder = 'public/models/tiny';
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const config = parseConfig(readFileSync(`${folder}/config.json`, 'utf8'));
const encoder = new Encoder(fromHuggingFace(json(`${folder}/tokenizer.json`)));
const weights = readSafetensors(new Uint8Array(readFileSync(`${folder}/model.safetensors`)));
const fixture: ForwardFixture = json('tests/fixtures/forward.json');

describe('the built-in tiny model', () => {
  it('is small and whole', () => {
    expect(statSync(`${folder}/model.safetensors`).size).toBeLessThan(3e6);
    expect(encoder.data.vocabulary).toHaveLength(config.vocab_size);
    for (const { data } of weights.values()) expect(data.every(Number.isFinite)).toBe(true);
  });

  it('computes what the fixture says, with and without padding', () => {
    for (const { ids, kept, states, logits } of fixture.sequences) {
      for (const length of [ids.length, kept]) {
        const result = forward(config, weights, ids.slice(0, length), kept);
        result.states.forEach((s, layer) => {
          s[fixture.answer]!.forEach((v, i) => {
            expect(Math.abs(v - states[layer]![i]!)).toBeLessThan(1e-5);
          });
        });
        result.logits(fixture.answer, fixture.tokens).forEach((v, i) => {
          expect(Math.abs(v - logits[i]!)).toBeLessThan(1e-4);
        });
      }
    }
  });

  it('tells plain opinions apart without tuning', async () => {
    await startJax();
    const texts = [
      ['a wonderful film with a great cast', true],
      ['one of the best movies i have seen', true],
      ['beautiful , moving and very well acted', true],
      ['i loved every minute of it', true],
      ['a terrible waste of time', false],
      ['one of the worst movies i have seen', false],
      ['boring , stupid and badly acted', false],
      ['the plot makes no sense and the acting is awful', false],
    ] as const;
    const labelled = texts.map(([text, positive]) => ({ text: encoder.encode(text), positive }));
    const [score] = await opinionAccuracy(config, weights, encoder, labelled, 'overall i thought it was', [
      ['great', 'terrible'],
    ]);
    expect(score?.accuracy).toBe(1);
  });
});
