import { describe, expect, it } from 'vitest';
import { rateOf } from '../../src/net/line';
import { wayOf } from '../../src/net/probe';

describe('the rate of what came', () => {
  const pieces = (...times: number[]) => times.map((at) => ({ at, bytes: 4096 }));

  it('goes by its later half, in bits a second', () => {
    // 4096 bytes a millisecond, after a slow beginning.
    const slow = Array.from({ length: 10 }, (_, i) => 100 * i);
    const fast = Array.from({ length: 11 }, (_, i) => 1000 + i);
    expect(rateOf(pieces(...slow, ...fast))).toBeCloseTo(8 * 4096 * 1000);
  });

  it('is that of its fastest moment, on a far line where bursts have pauses between them', () => {
    const bursts = Array.from({ length: 5 * 70 }, (_, i) => 160 * Math.floor(i / 70) + 0.9 * (i % 70));
    expect(rateOf(pieces(...bursts)) / ((8 * 4096 * 1000) / 0.9)).toBeCloseTo(1, 1);
    // What is told in one piece after a pause does not count as if it had come at once.
    const stalled = Array.from({ length: 400 }, (_, i) => (i >= 300 && i < 340 ? 340 : i));
    expect(rateOf(pieces(...stalled)) / (8 * 4096 * 1000)).toBeLessThan(1.9);
  });

  it('is none where too little came', () => {
    for (const arrivals of [[], [1]]) expect(rateOf(pieces(...arrivals))).toBe(0);
  });

  it('goes by the bytes of each piece', () => {
    const arrivals = [10, 1000, 2000, 3000].map((bytes, at) => ({ at, bytes }));
    expect(rateOf(arrivals)).toBe(8 * 2500 * 1000);
  });

  it('is finite where the clock stood still', () => {
    expect(rateOf(pieces(5, 5, 5, 5))).toBe(2 * 8 * 4096 * 1000);
  });
});

describe('the way', () => {
  const connection = (...reports: { id: string }[]) => ({
    getStats: async () => new Map(reports.map((report) => [report.id, report])) as unknown as RTCStatsReport,
  });
  const pair = { id: 'P', nominated: true, state: 'succeeded', localCandidateId: 'L', remoteCandidateId: 'R' };
  const other = { ...pair, id: 'O', localCandidateId: 'relay', remoteCandidateId: 'relay' };
  const candidate = (id: string, candidateType: string) => ({ id, candidateType });

  it('is relayed where either end of the pair in use is', async () => {
    for (const [local, remote, way] of [
      ['host', 'prflx', 'direct'],
      ['srflx', 'host', 'direct'],
      ['relay', 'host', 'relayed'],
      ['host', 'relay', 'relayed'],
    ] as const) {
      const ends = [candidate('L', local), candidate('R', remote)];
      expect(await wayOf(connection(pair, ...ends))).toBe(way);
    }
  });

  it('is that of the pair that the transport names, where it names one', async () => {
    const ends = [candidate('L', 'host'), candidate('R', 'host'), candidate('relay', 'relay')];
    const transport = { id: 'T', selectedCandidatePairId: 'P' };
    expect(await wayOf(connection(other, pair, transport, ...ends))).toBe('direct');
  });

  it('is not known where the browser does not say', async () => {
    expect(await wayOf(connection())).toBeUndefined();
  });
});
