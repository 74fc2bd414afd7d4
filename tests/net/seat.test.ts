import { describe, expect, it } from 'vitest';
import { newKey, parseKey, seatName } from '../../src/net/code';
import { LONGEST_SEAT, readSeat, SeatError, writeSeat } from '../../src/net/seat';

describe('what a party says first to the server’s dealer', () => {
  it('is read as it was written', () => {
    const seat = { name: seatName(parseKey(newKey())), role: 'model-owner' } as const;
    expect(readSeat(writeSeat(seat))).toEqual(seat);
    expect(writeSeat(seat).length).toBeLessThanOrEqual(LONGEST_SEAT);
  });

  it.each([
    ['{', /name and role, as JSON/],
    [`${' '.repeat(LONGEST_SEAT)}{}`, /name and role, as JSON/],
    ['{"name":"7KQ2","role":"data-owner"}', /^name must be 32/],
    [`{"name":"${'0'.repeat(32)}","role":"dealer"}`, /^role must be data-owner or model-owner/],
    [`{"name":"${'0'.repeat(32)}","role":"data-owner","more":1}`, /as JSON/],
  ])('is refused if it is %s', (text, message) => {
    const chunk = new TextEncoder().encode(text);
    expect(() => readSeat(chunk)).toThrow(message);
    expect(() => readSeat(chunk)).toThrow(SeatError);
  });
});
