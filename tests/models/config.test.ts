import { describe, expect, it } from 'vitest';
import { architectureOf } from '../../src/models/architectures';
import { configSchema, parseConfig } from '../../src/models/config';
import { randomConfig } from '../support/random-model';

const json = (changes: object) => JSON.stringify({ ...randomConfig(), ...changes });

describe('config.json', () => {
  it('is read, and what it has beyond the fields is left out', () => {
    expect(parseConfig(json({ architectures: ['RobertaForMaskedLM'] }))).toEqual(randomConfig());
  });

  it.each([
    ['no JSON', '{', /^config.json is not JSON: /],
    ['no object', '[]', /^config.json: it: .*object/],
    ['no type', json({ model_type: undefined }), /^config.json: model_type: /],
    [
      'an unknown type',
      json({ model_type: 'bert' }),
      'config.json: model_type: "bert" is not known; roberta can be run',
    ],
    ['a missing field', json({ hidden_size: undefined }), /^config.json: hidden_size: /],
    ['a field out of range', json({ num_hidden_layers: 0 }), /^config.json: num_hidden_layers: /],
    [
      'heads that do not divide',
      json({ num_attention_heads: 3 }),
      /hidden_size must be a multiple of num_attention_heads/,
    ],
    ['no random features', json({ num_frequencies: 0 }), /random feature attention needs num_frequencies/],
    ['no polynomial', json({ trigonometric: undefined }), /needs its polynomial, trigonometric/],
    [
      'a bad gate',
      json({ gates: { x: { period: 0, constant: 0, cos: [], sin: [] } } }),
      /^config.json: gates.x.period: /,
    ],
  ])('is refused with %s', (_, text, message) => {
    expect(() => parseConfig(text)).toThrow(message);
  });

  it('of a peer is checked alike', () => {
    expect(configSchema.safeParse({ ...randomConfig(), model_type: 'bert' }).success).toBe(false);
    expect(configSchema.safeParse(randomConfig()).success).toBe(true);
  });
});

it('an architecture that is not known is refused by name', () => {
  expect(() => architectureOf({ model_type: 'bert' })).toThrow(
    'models of the type bert are not known; roberta can be run',
  );
});
