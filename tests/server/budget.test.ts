import { describe, expect, it } from 'vitest';
import { Rate, Tally } from '../../server/budget';

describe('a tally', () => {
  it('counts what each has at the moment', () => {
    const tally = new Tally(2);
    expect([tally.take('a'), tally.take('a'), tally.take('a'), tally.take('b')]).toEqual([true, true, false, true]);
    tally.give('a');
    expect([tally.take('a'), tally.take('a')]).toEqual([true, false]);
  });
});

describe('a rate', () => {
  it('lets each use so much at once, and as much again as time passes', () => {
    let now = 5000;
    const rate = new Rate(3, 60, () => now);
    const take = (key: string, amount?: number) => rate.take(key, amount);
    expect([take('a'), take('a'), take('a'), take('a')]).toEqual([true, true, true, false]);
    expect(take('b', 3)).toBe(true);
    now += 20_000;
    expect([take('a'), take('a'), take('b', 2), take('b')]).toEqual([true, false, false, true]);
    now += 60_000;
    expect([take('a', 3), take('a', 0.1), take('c', 3.1)]).toEqual([true, false, false]);
  });

  it('forgets who owes nothing any more, and nobody else', () => {
    let now = 0;
    const rate = new Rate(1, 10, () => now);
    for (let i = 0; i < 10_000; i++) rate.take(`early ${i}`);
    now = 5000;
    rate.take('late');
    expect(rate.size).toBe(10_001);
    now = 11_000;
    expect(rate.take('late')).toBe(false);
    rate.take('new');
    expect(rate.size).toBe(2);
  });
});
