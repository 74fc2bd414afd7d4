import { describe, expect, it } from 'vitest';
import { describe as inWords, networkTime } from '../../app/lib/network-time';

const MB = 1e6;
const estimate = {
  turns: 100,
  toModelOwner: 10 * MB,
  toDataOwner: 4 * MB,
  dealt: 25 * MB,
  networkSeconds: 7,
};

describe('network time', () => {
  it('is the estimate’s own where nothing was measured', () => {
    expect(networkTime(estimate, {})).toEqual({ seconds: 7, basis: '100 Mbit/s and 10 ms one way' });
  });

  it('says where nothing is waited for from the dealer', () => {
    expect(networkTime({ ...estimate, dealt: 0 }, {}).basis).toMatch(/; what the dealer sends is prepared ahead$/);
  });

  it('goes by what was measured between the two, half the round trip a flight', () => {
    const { seconds, basis } = networkTime(estimate, {
      distance: { roundTripMs: 60, bandwidth: 8 * MB, way: 'relayed' },
    });
    expect(seconds).toBeCloseTo(10 + 100 * 0.03);
    expect(basis).toMatch(/^measured just now: 60 ms there and back, 8 Mbit\/s, relayed; from the dealer 100 Mbit\/s/);
  });

  const near = { roundTripMs: 1, bandwidth: 8000 * MB, way: 'direct' } as const;

  it('is no less than the dealer takes, on the assumed network', () => {
    const { seconds } = networkTime(estimate, { distance: near });
    expect(seconds).toBeCloseTo(2.01);
  });

  it('goes by the dealer’s line where the model owner has measured it', () => {
    const { seconds, basis } = networkTime(estimate, {
      distance: near,
      fromDealer: { roundTripMs: 40, bandwidth: 4 * MB },
    });
    expect(seconds).toBeCloseTo((8 * 25) / 4 + 0.02);
    expect(basis).toMatch(/from the dealer 40 ms there and back, 4 Mbit\/s$/);
  });

  it('says the way only where it is known', () => {
    expect(inWords({ roundTripMs: 0.2, bandwidth: 38.4 * MB, way: undefined })).toBe('1 ms there and back, 38 Mbit/s');
  });
});
