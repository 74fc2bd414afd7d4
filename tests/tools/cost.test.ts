import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { costReport } from '../../tools/cost-report';

const SMALL = ['--shape', 'layers=1,hidden=16,heads=2,ff=32,frequencies=4', '--tokens', '16'];

describe('npm run cost', () => {
  it('counts RoBERTa-large by default, the whole being the sum of its operations', () => {
    const report = costReport([]);
    expect(report.model).toMatch(/layers=24,hidden=1024/);
    for (const key of ['toModelOwner', 'toDataOwner', 'dealt'] as const) {
      const sum = Object.values(report.byOperation).reduce((sum, { bytes }) => sum + bytes[key], 0);
      expect(sum).toBe(report.bytes[key]);
    }
    // Half of each layer's matrices are d², the other half 4d² twice; every token goes through them all.
    expect(report.operations).toBeGreaterThan(24 * 12 * 1024 ** 2 * 500);
    expect(report.rounds).toBeGreaterThan(24 * 15);
  });

  it('keeps the rounds and multiplies the bytes with the batch', () => {
    const [one, many] = [costReport(SMALL), costReport([...SMALL, '--sequences', '64'])];
    expect(many.rounds).toBe(one.rounds);
    expect(many.bytes.toModelOwner / one.bytes.toModelOwner).toBeCloseTo(64, 0);
  });

  it('turns latency and bandwidth into seconds', () => {
    const on = (bandwidth: string, latency: string) =>
      costReport([...SMALL, '--bandwidth', bandwidth, '--latency', latency]);
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
      expect(() => costReport([...args])).toThrow(message);
    }
  });

  it('as a program prints the report, or one line of what is wrong', () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ['--import', 'tsx', 'tools/cost.ts', ...args], { encoding: 'utf8' });
    expect(JSON.parse(run(...SMALL, '--json').stdout)).toEqual(costReport(SMALL));
    const { status, stdout, stderr } = run('--tokens', 'many');
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^--tokens takes a number, not “many”\n/);
  });
});
