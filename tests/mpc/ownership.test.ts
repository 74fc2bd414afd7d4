/** Whose randomness is whose: no role has another's seed, no mask is used twice. */
import { beforeAll, describe, expect, it } from 'vitest';
import { DEALT_SLOT } from '../../src/mpc/operation';
import { seedFromNumber } from '../../src/random/seed';
import { place, type Recording, recordSession, violations } from '../support/recording';

describe('the masks of a session of two runs', () => {
  let recording: Recording;

  beforeAll(async () => {
    recording = await recordSession();
  });

  /** The recording with something changed. */
  const doctored = (change: (copy: Recording) => void): string => {
    const copy = structuredClone(recording);
    change(copy);
    return violations(copy).join('\n');
  };
  const someDraw = (copy: Recording, holder: string) => copy.draws.find((draw) => draw.holder === holder && draw.pass)!;

  it('are drawn by their owners and the dealer alone, and each opens one value', () => {
    expect(violations(recording)).toEqual([]);
    // That something was looked at.
    const { draws, frames, openings, seeds } = recording;
    expect(new Set([...seeds['data-owner'], ...seeds['model-owner']]).size).toBe(4);
    expect(new Set(draws.map(({ holder }) => holder)).size).toBe(3);
    expect(new Set(draws.map(({ seed }) => seed)).size).toBe(4);
    expect(new Set(frames.map(({ from, to }) => `${from} ${to}`)).size).toBe(6);
    expect(openings.length).toBeGreaterThan(300);
    expect(draws.length).toBeGreaterThan(2 * openings.length);
    // Every seed went where it belongs.
    for (const role of ['data-owner', 'model-owner'] as const) {
      const told = frames.filter(({ from, to }) => from === 'dealer' && to === role);
      const text = told.map(({ body }) => Buffer.from(body).toString('latin1')).join();
      for (const seed of seeds[role]) expect(text).toContain(seed);
    }
  });

  it("a check notices when a party draws from the other's seed", () => {
    const found = doctored((copy) => {
      someDraw(copy, 'model-owner').seed = copy.seeds['data-owner'][0]!;
    });
    expect(found).toContain('model-owner draws from a seed that is not its own');
  });

  it.each([
    ['model-owner', 'data-owner', 'hexadecimal'],
    ['dealer', 'data-owner', 'hexadecimal'],
    ['dealer', 'model-owner', 'bytes'],
    ['data-owner', 'model-owner', 'bytes'],
    ['data-owner', 'dealer', 'bytes'],
  ] as const)('a check notices when %s gives a seed to %s in %s', (from, to, form) => {
    const found = doctored((copy) => {
      const seed = copy.seeds[to === 'model-owner' ? 'data-owner' : 'model-owner'][1]!;
      const frame = copy.frames.findLast((frame) => frame.from === from && frame.to === to)!;
      const noise = new Uint8Array(21).fill(7);
      frame.body = Buffer.concat([noise, Buffer.from(seed, form === 'bytes' ? 'hex' : 'latin1'), noise]);
    });
    expect(found).toMatch(new RegExp(`${from} gives a seed of .* to ${to}`));
  });

  it('a check notices when a share goes to the dealer', () => {
    const found = doctored((copy) => {
      for (const frame of copy.frames) if (frame.to === 'dealer') frame.kind = 'ring';
    });
    expect(found).toContain('sends a ring message to the dealer');
  });

  it('a check notices when both parties draw what is dealt to one of them', () => {
    const found = doctored((copy) => {
      const dealt = copy.draws.find(({ holder, slot }) => holder === 'model-owner' && slot >= DEALT_SLOT)!;
      copy.draws.push({ ...dealt, holder: 'data-owner', seed: copy.seeds['data-owner'][0]!, content: undefined });
    });
    expect(found).toContain('dealer and parties draw different masks');
  });

  it.each(['data-owner', 'model-owner', 'dealer'])('a check notices when %s draws one twice', (holder) => {
    const found = doctored((copy) => {
      copy.draws.push({ ...someDraw(copy, holder), content: undefined });
    });
    expect(found).toContain(`${holder} draws twice`);
    expect(found).toContain('dealer and parties draw different masks');
  });

  it('a check notices when two positions have the same bits', () => {
    const found = doctored((copy) => {
      const [one, other] = copy.draws.filter(({ holder, content }) => holder === 'data-owner' && content);
      other!.content = one!.content;
    });
    expect(found).toContain('the same mask under two names');
  });

  it('a check notices when one opens two values, or a value goes without', () => {
    const [one] = recording.openings.filter(({ mask }) => mask.pass > 0);
    const twice = doctored((copy) => void copy.openings.push({ mask: one!.mask, value: 'AAAA' }));
    expect(twice).toContain(`two values under one mask: ${place(one!.mask)}`);
    const without = doctored((copy) => void copy.openings.push({ mask: { ...one!.mask, node: 9999 }, value: 'AAAA' }));
    expect(without).toContain('a value was sent without a mask');
  });

  it('checks notice real sessions whose dealer hands out bad seeds', async () => {
    const same = await recordSession(() => ({ 'data-owner': seedFromNumber(1), 'model-owner': seedFromNumber(2) }));
    const again = violations(same).join('\n');
    for (const holder of ['data-owner', 'model-owner', 'dealer']) expect(again).toContain(`${holder} draws twice`);
    expect(again).toContain('two values under one mask');

    let next = 10;
    const shared = await recordSession(() => {
      const seed = seedFromNumber(next++);
      return { 'data-owner': seed, 'model-owner': seed };
    });
    expect(violations(shared).join('\n')).toContain('dealer gives a seed of data-owner to model-owner');
  });
});
