// Training in rounds: batches of like lengths, the same ones for the same seed, and a broken-off training that goes on
// as if it had not.
import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/models/safetensors';
import type { Corpus } from '../../tools/pretrain/corpus';
import { Examples, type Mixture, randomFrom } from '../../tools/pretrain/examples';
import { makeConfig } from '../../tools/pretrain/sizes';
import { Encoder, split, trainTokenizer } from '../../tools/pretrain/tokenizer';
import { drawRound, initialise, type Position, restore, type State, train } from '../../tools/pretrain/train';
import { forcedWords } from '../../tools/pretrain/words';

const random = randomFrom(1);
const words = forcedWords().slice(0, 400);
const text = () =>
  Array.from({ length: 4 + Math.floor(40 * random()) }, () => words[Math.floor(400 * random())]).join(' ');
const document = (label?: 'positive' | 'negative') => ({
  sentences: Array.from({ length: 4 }, () => split(`${text()} .`)),
  ...(label ? { label } : {}),
});
const corpus: Corpus = {
  labelled: Array.from({ length: 60 }, (_, i) => document(i % 2 ? 'positive' : 'negative')),
  unlabelled: Array.from({ length: 40 }, () => document()),
  articles: Array.from({ length: 10 }, () => document()),
  dropped: {},
};
const encoder = new Encoder(trainTokenizer(new Map(), [...forcedWords(), '.', '!', '?'], 2500));
const examples = new Examples(corpus, encoder);
const mixture: Mixture = { cloze: 1, opinion: 1, quality: 0, topic: 1, kind: 0 };

describe('a round', () => {
  it('is the same for the same seed', () => {
    const draw = (seed: number) => drawRound(examples, mixture, randomFrom(seed)).map(({ ids }) => ids);
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });

  it('has batches with little padding and every guess on a token', () => {
    const batches = drawRound(examples, mixture, randomFrom(2));
    let kept = 0;
    let all = 0;
    for (const { shape, ids, keep, pick, kinds, weight } of batches) {
      expect(ids).toHaveLength(shape.batch * shape.length);
      kept += keep.reduce((a, b) => a + b);
      all += keep.length;
      expect(weight.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      for (const k of kinds.keys()) {
        const at = pick.subarray(k * ids.length, (k + 1) * ids.length).indexOf(1);
        expect(keep[at]).toBe(1);
      }
    }
    expect(kept / all).toBeGreaterThan(0.75);
  });
});

describe('a training', () => {
  it('ends at the same weights if it was broken off and went on', async () => {
    const config = {
      ...makeConfig('tiny', encoder.data.vocabulary.length),
      ...{ hidden_size: 16, intermediate_size: 16, num_frequencies: 4, num_hidden_layers: 1 },
    };
    const options = {
      ...{ seed: 7, learningRate: 0.003, steps: 40, penalty: 0.1, mixture: () => mixture },
      ...{ reportEvery: 100, report: () => {} },
    };
    const fresh = () => initialise(config, randomFrom(5));
    const whole = fresh();
    const kept: { at: Position; state: State }[] = [];
    const checkpoint = (at: Position) => {
      // As it would come back from a file.
      kept.push({ at, state: restore(config, readSafetensors(writeSafetensors(whole, { dtype: 'F32' }))) });
    };
    await train(config, whole, examples, { ...options, checkpointMinutes: 0, checkpoint });
    const { at, state } = kept.find(({ at: { step } }) => step > 0)!;
    expect(at.step).toBeLessThan(40);
    await train(config, state, examples, { ...options, checkpointMinutes: 100, checkpoint: () => {} }, at);
    for (const [name, { data }] of whole) expect(state.get(name)!.data, name).toEqual(data);
  });
});
