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
  model: 'MiniLM',
  digest: '0123456789abcdef'.repeat(4),
  notes: { accuracy: '0.93' },
};

describe('a saved head', () => {
  it('comes back whole', () => {
    expect(importHead(exportHead(saved))).toEqual(saved);
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
    expect(importHead(file({})).labels).toEqual(['a', 'b']);
  });

  it.each([
    ['another format', { format: 'secfwt-prompt' }, /not a saved head/],
    ['another version', { version: '7' }, /save it anew/],
    ['no digest', { digest: '' }, /no SHA-256/],
    ['labels that are none', { labels: '{"a":1}' }, /labels/],
    ['one label', { labels: '["a"]' }, /labels/],
    ['more labels than weights', { labels: '["a","b","c"]' }, /weights \[3, width\]/],
    ['no padded length', { padded_tokens: '0' }, /not a count/],
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
