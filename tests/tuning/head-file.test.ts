/** Heads as files, and whose files are taken. */
import { describe, expect, it } from 'vitest';
import { writeSafetensors } from '../../src/models/safetensors';
import type { NamedTensors } from '../../src/models/tensors';
import { exportHead, importHead, type SavedHead } from '../../src/tuning/head-file';
import { refuseOther } from '../../src/tuning/saved';

const saved: SavedHead = {
  head: { classes: 2, width: 3, weights: Float64Array.of(1, -2, 0.5, 4, 5, -0.25), bias: Float64Array.of(0.125, -1) },
  labels: ['böse', 'gut, sehr'],
  tokens: 32,
  reading: 'vector',
  model: 'MiniLM',
  digest: '0123456789abcdef'.repeat(4),
  notes: { accuracy: '0.93' },
};

describe('a saved head', () => {
  it('comes back whole', () => {
    expect(importHead(exportHead(saved))).toEqual(saved);
  });

  it('comes back with the prompt that it was learned under, and its words', () => {
    const values = Float32Array.from({ length: 12 }, (_, i) => i / 4);
    const ofWords: SavedHead = {
      ...saved,
      reading: 'words',
      prompt: { values, tokens: 2, hidden: 3, layers: 2 },
      labelWords: { böse: 'awful', 'gut, sehr': 'great' },
    };
    expect(importHead(exportHead(ofWords))).toEqual(ofWords);
  });

  const metadata = {
    ...{ format: 'secfwt-head', version: '1', model: 'm', digest: 'f'.repeat(64) },
    ...{ labels: '["a","b"]', padded_tokens: '8' },
  };
  const tensors: NamedTensors = new Map([
    ['weights', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
    ['bias', { shape: [2], data: Float32Array.of(1, 2) }],
  ]);
  const file = (changes: Record<string, string>, more: NamedTensors = new Map()) =>
    writeSafetensors(new Map([...tensors, ...more]), { dtype: 'F32', metadata: { ...metadata, ...changes } });

  it('is what these tensors and fields make', () => {
    // Of before there was another reading.
    expect(importHead(file({}))).toMatchObject({ labels: ['a', 'b'], reading: 'vector', prompt: undefined });
  });

  it.each([
    ['another format', { format: 'secfwt-prompt' }, /not a saved head/],
    ['another version', { version: '7' }, /save it anew/],
    ['no digest', { digest: '' }, /no SHA-256/],
    ['labels that are none', { labels: '{"a":1}' }, /labels/],
    ['one label', { labels: '["a"]' }, /labels/],
    ['more labels than weights', { labels: '["a","b","c"]' }, /weights \[3, width\]/],
    ['no padded length', { padded_tokens: '0' }, /not a count/],
    ['an unknown reading', { reading: 'everything' }, /reading/],
    ['words that are none', { words: '["a"]' }, /words/],
    ['a prompt that is not there', { prompt_layers: '1' }, /its prompt is not what it says/],
  ])('of %s is refused', (_, changes, message) => {
    expect(() => importHead(file(changes))).toThrow(message);
  });

  it.each([
    ['weights', { shape: [4], data: Float32Array.of(1, 2, 3, 4) }],
    ['weights', { shape: [2, 0], data: new Float32Array(0) }],
    ['weights', { shape: [2, 2], data: Float32Array.of(1, 2, 3, Infinity) }],
    ['bias', { shape: [3], data: Float32Array.of(1, 2, 3) }],
  ] as const)('with unfitting %s is refused', (name, tensor) => {
    expect(() => importHead(file({}, new Map([[name, tensor]])))).toThrow(/not a saved head/);
  });

  it.each([
    [{}, { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }, /its prompt is not what it says/],
    [{ prompt_layers: '3' }, { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }, /prompt \[3 · tokens, hidden\]/],
    [{ prompt_layers: '1' }, { shape: [4], data: Float32Array.of(1, 2, 3, 4) }, /its prompt is not what it says/],
    [{ prompt_layers: '1' }, { shape: [1, 1], data: Float32Array.of(Number.NaN) }, /some of its numbers are none/],
  ] as [Record<string, string>, { shape: number[]; data: Float32Array }, RegExp][])(
    'with an unfitting prompt is refused: %o',
    (fields, tensor, message) => {
      expect(() => importHead(file(fields, new Map([['prompt', tensor]])))).toThrow(message);
    },
  );

  it('is refused where it is no safetensors file at all', () => {
    expect(() => importHead(new TextEncoder().encode('{"weights": []}'))).toThrow();
  });
});

describe('a file of another model', () => {
  const here = { model: 'MiniLM', digest: saved.digest };

  it('is refused by name', () => {
    refuseOther(saved, here);
    expect(() => refuseOther({ model: 'bge', digest: 'f'.repeat(64) }, here)).toThrow(
      'This file belongs to the model “bge”, not to the model “MiniLM” that is offered here.',
    );
    expect(() => refuseOther({ ...saved, digest: 'f'.repeat(64) }, here)).toThrow('another version of it');
  });
});
