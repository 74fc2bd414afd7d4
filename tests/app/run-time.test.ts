/** What pages say of a run's time: on the lines as measured or assumed, and with computing once a pass was. */
import { describe, expect, it } from 'vitest';
import { dealtTo, type FromDealer, fitting, describe as inWords, runTime } from '../../app/lib/run-time';
import { dealtBefore } from '../../src/mpc/timeline';
import type { PlannedPasses } from '../../src/session/messages';

const MB = 1e6;
/** Two rounds, of three turns: nothing is known of the input before the first. */
const rounds = [
  { toModelOwner: 0, toDataOwner: 0, dealt: 0, dealtToDataOwner: 0, answered: 0, strands: 1 },
  { toModelOwner: 4 * MB, toDataOwner: 1 * MB, dealt: 0, dealtToDataOwner: 0, answered: 0, strands: 1 },
  { toModelOwner: 6 * MB, toDataOwner: 3 * MB, dealt: 25 * MB, dealtToDataOwner: 0, answered: 1, strands: 1 },
];
const passes = [{ rounds, sequences: 8, count: 10 }];
const ahead = [{ rounds: dealtBefore(rounds), sequences: 8, count: 10 }];
const far = { roundTripMs: 60, bandwidth: 8 * MB, way: 'relayed' } as const;
const near = { roundTripMs: 1, bandwidth: 8000 * MB, way: 'direct' } as const;

describe('the time of a run', () => {
  it('is the network’s alone before a pass, on assumed lines where none was measured', () => {
    // The dealer's 25 MB take longer than the 10 MB between the parties: asked for, accepted, and 2 s with a latency of 10 ms.
    expect(runTime(passes, {})).toEqual({
      seconds: expect.closeTo(10 * (0.02 + 2.01)),
      basis: '100 Mbit/s and 10 ms one way',
    });
  });

  it('says where nothing is waited for from the dealer', () => {
    const { seconds, basis } = runTime(ahead, {});
    expect(seconds).toBeCloseTo(10 * (0.02 + 0.8 + 0.03));
    expect(basis).toMatch(/; what the dealer sends is prepared ahead$/);
  });

  it('goes by what was measured between the two, half the round trip a turn', () => {
    const { seconds, basis } = runTime(passes, { distance: far });
    expect(seconds).toBeCloseTo(10 * (0.06 + 10 + 3 * 0.03));
    expect(basis).toMatch(/^measured just now: 60 ms there and back, 8 Mbit\/s, relayed; from the dealer 100 Mbit\/s/);
  });

  it('goes by the dealer’s lines where they were measured, and says the slower one that is dealt over', () => {
    const [slow, fast] = [
      { roundTripMs: 40, bandwidth: 4 * MB },
      { roundTripMs: 20, bandwidth: 7 * MB },
    ];
    const to = (fromDealer: FromDealer, passes: PlannedPasses[]) => runTime(passes, { distance: near, fromDealer });
    const one = to({ 'model-owner': slow }, passes);
    expect(one.seconds).toBeCloseTo(10 * (0.001 + 50 + 0.02), 1);
    expect(one.basis).toMatch(/from the dealer 40 ms there and back, 4 Mbit\/s$/);
    const halved = rounds.map((round) => ({ ...round, dealtToDataOwner: round.dealt / 2 }));
    const both = to({ 'model-owner': fast, 'data-owner': slow }, [{ rounds: halved, sequences: 8, count: 10 }]);
    expect(both.seconds).toBeCloseTo(10 * (0.001 + 25 + 0.02), 1);
    expect(both.basis).toBe(one.basis);
  });

  it('has all dealt to a model owner whose line is more than twice as fast', () => {
    const lines = (own: number, other: number): FromDealer => ({
      'data-owner': { roundTripMs: 40, bandwidth: own * MB },
      'model-owner': { roundTripMs: 40, bandwidth: other * MB },
    });
    expect(dealtTo({ fromDealer: lines(4, 9) })).toBe('model-owner');
    expect(runTime(passes, { fromDealer: lines(4, 9) }).basis).toMatch(/9 Mbit\/s$/);
    for (const fromDealer of [lines(4, 7), lines(9, 4), { 'data-owner': lines(1, 9)['data-owner'] }, undefined])
      expect(dealtTo({ fromDealer })).toBeUndefined();
  });

  it('has, once a pass was computed, what of it the network does not explain, by the text', () => {
    const before = { rounds, sequences: 4, seconds: 10 + 3 * 0.03 + 2 };
    const { seconds, basis } = runTime(passes, { distance: far }, before);
    expect(seconds).toBeCloseTo(10 * (0.06 + 10 + 3 * 0.03 + 2 * 2), 1);
    expect(basis).toMatch(/^4 texts took 12 s; measured just now/);
    expect(runTime(passes, { distance: far }, { ...before, seconds: 1 }).seconds).toBe(
      runTime(passes, { distance: far }).seconds,
    );
  });

  it('does not go by a pass of a few texts, unless that is all there are', () => {
    const pass = { rounds, sequences: 8, seconds: 4 };
    expect(fitting(undefined, 100, 1)).toBeUndefined();
    expect(fitting(pass, 100, 9)).toBeUndefined();
    expect(fitting(pass, 8, 9)).toBe(pass);
    expect(fitting(pass, 100, 8)).toBe(pass);
  });

  it('says the way only where it is known', () => {
    expect(inWords({ roundTripMs: 0.2, bandwidth: 38.4 * MB, way: undefined })).toBe('1 ms there and back, 38 Mbit/s');
  });
});
