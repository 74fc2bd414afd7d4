/** What a head sees of what is opened, and label words as a head on it. */
import { describe, expect, it } from 'vitest';
import { calibratedBy, featureSpace } from '../../src/session/data-owner/methods/features';
import { headLogits } from '../../src/tuning/head';
import { purpose } from '../../src/tuning/run';
import { DECODER, randomModel, SOFTMAX } from '../support/random-model';

const WORDS = [7, 11, 20].map((token) => ({ label: `label ${token}`, word: `word ${token}`, token }));
const OPTIONS = { tokens: 12, promptTokens: 3, deep: false, labelWords: WORDS };
const HIDDEN = 16;

async function spaces(overrides: object) {
  const { config, embedding } = await randomModel(3, overrides);
  const model = { config, embedding } as Parameters<typeof featureSpace>[0];
  return { embedding, state: featureSpace(model, 'state', OPTIONS), words: featureSpace(model, 'words', OPTIONS) };
}

const random = purpose(4, 'states');
const states = Array.from({ length: 5 }, () => Float64Array.from({ length: HIDDEN }, () => random.normal()));

describe.each([
  ['an encoder', SOFTMAX],
  ['a decoder', DECODER],
])('features of %s', (_, overrides) => {
  it('have its label words’ logits as a head on states, and on the words alone', async () => {
    const { embedding, state, words } = await spaces(overrides);
    expect([state.width, words.width]).toEqual([HIDDEN, WORDS.length]);
    expect([state.reading.plans.numbersOf(1), words.reading.plans.numbersOf(1)]).toEqual([HIDDEN, WORDS.length]);
    const columns = embedding.columns(WORDS.map(({ token }) => token));
    for (const opened of states) {
      const logits = WORDS.map(
        ({ token }, j) =>
          opened.reduce((sum, x, i) => sum + x * columns[i * WORDS.length + j]!, 0) + (embedding.bias[token] ?? 0),
      );
      const mean = logits.reduce((a, b) => a + b) / logits.length;
      const [fromState, fromWords] = [
        headLogits(state.words!, state.of(opened)),
        headLogits(words.words!, words.of(Float64Array.from(logits))),
      ];
      for (const [j, logit] of logits.entries()) {
        expect(fromState[j]).toBeCloseTo(logit, 6);
        expect(fromWords[j]).toBeCloseTo(logit - mean, 6);
      }
    }
  });

  it('calibrate label words by what is said of other texts: of those, nothing is left on average', async () => {
    const { state } = await spaces(overrides);
    const [first, ...others] = states.map((opened) => state.of(opened));
    const calibrated = calibratedBy(state.words!, others);
    const said = others.map((row) => headLogits(calibrated, row));
    for (const j of WORDS.keys()) expect(said.reduce((sum, row) => sum + row[j]!, 0)).toBeCloseTo(0, 6);
    const [before, after] = [state.words!, calibrated].map((head) => headLogits(head, first!));
    const bias = WORDS.map((_, j) => calibrated.bias[j]! - state.words!.bias[j]!);
    for (const j of WORDS.keys()) expect(after![j]! - before![j]!).toBeCloseTo(bias[j]!, 9);
    expect(Math.max(...bias.map(Math.abs))).toBeGreaterThan(0.01);
  });
});
