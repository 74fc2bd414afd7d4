import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const run = (...args: string[]) =>
  execFileSync(process.execPath, ['--import', 'tsx', 'tools/cost.ts', ...args], { encoding: 'utf8', stdio: 'pipe' });
const json = (...args: string[]) => JSON.parse(run(...args, '--json'));
const SMALL = 'layers=1,hidden=16,heads=2,ff=32,frequencies=4';

describe('npm run cost', () => {
  it('counts RoBERTa-large by default, the whole being the sum of its operations', () => {
    const report = json();
    expect(report.model).toMatch(/layers=24,hidden=1024/);
    for (const key of ['toModelOwner', 'toDataOwner', 'dealt']) {
      const parts = Object.values<{ bytes: Record<string, number> }>(report.byOperation).map(
        ({ bytes }) => bytes[key]!,
      );
      expect(parts.reduce((a, b) => a + b)).toBe(report.bytes[key]);
    }
    // Half of each layer's matrices are d², the other half 4d² twice; every token goes through them all.
    expect(report.operations).toBeGreaterThan(24 * 12 * 1024 ** 2 * 500);
    expect(report.rounds).toBeGreaterThan(24 * 15);
  });

  it('keeps the rounds and multiplies the bytes with the batch', () => {
    const [one, many] = [1, 64].map((sequences) =>
      json('--shape', SMALL, '--tokens', '16', '--sequences', String(sequences)),
    );
    expect(many.rounds).toBe(one.rounds);
    expect(many.bytes.toModelOwner / one.bytes.toModelOwner).toBeCloseTo(64, 0);
  });

  it('turns latency and bandwidth into seconds', () => {
    const on = (bandwidth: string, latency: string) =>
      json('--shape', SMALL, '--tokens', '16', '--bandwidth', bandwidth, '--latency', latency);
    const { rounds } = on('100Gbit', '100ms');
    expect(on('100Gbit', '100ms').seconds).toBeCloseTo(rounds / 10, 1);
    const slow = on('1kbit', '0.001ms');
    expect(slow.seconds).toBeCloseTo((8 * Math.max(slow.bytes.toModelOwner, slow.bytes.dealt)) / 1000, 0);
  });

  it('refuses what it does not understand, naming it', () => {
    for (const [args, message] of [
      [['--shape', 'layer=3'], /--shape has no layer/],
      [['--bandwidth', 'fast'], /--bandwidth takes a number/],
      [['--tokens', '0.5'], /--tokens takes a whole number/],
      [['--shape', 'hidden=30,heads=4'], /multiple of num_attention_heads/],
    ] as const) {
      expect(() => run(...args)).toThrow(message);
    }
  });
});
