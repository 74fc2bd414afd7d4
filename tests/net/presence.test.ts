import { describe, expect, it } from 'vitest';
import { readPresence } from '../../src/net/presence';

describe('what the other side is at', () => {
  it('is one of a few words, and nothing else that comes', () => {
    expect(readPresence('{"doing":"reading","away":false,"more":1}')).toEqual({ doing: 'reading', away: false });
    for (const said of [
      '{"doing":"stealing","away":false}',
      '{"doing":"reading"}',
      '{"doing":["reading"],"away":true}',
      `{"doing":"reading","away":true}${' '.repeat(100)}`,
      'null',
      'reading',
      new ArrayBuffer(8),
    ])
      expect(readPresence(said)).toBeUndefined();
  });
});
