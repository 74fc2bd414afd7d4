import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { costReports } from '../../tools/cost-report';
import { stockFiles } from '../support/stock-model';

const costReport = async (args: readonly string[]) => (await costReports([...args]))[0]!;

const SMALL = ['--shape', 'layers=1,hidden=16,heads=2,ff=32,frequencies=4', '--tokens', '16'];

describe('npm run cost', () => {
  it('counts RoBERTa-large by default, the whole being the sum of its operations', async () => {
    const report = await costReport([]);
    expect(report.model).toMatch(/layers=24,hidden=1024/);
    for (const key of ['toModelOwner', 'toDataOwner', 'dealt'] as const) {
      const sum = Object.values(report.byOperation).reduce((sum, { bytes }) => sum + bytes[key], 0);
      expect(sum).toBe(report.bytes[key]);
    }
    // Half of each layer's matrices are d², the other half 4d² twice; every token goes through them all.
    expect(report.operations).toBeGreaterThan(24 * 12 * 1024 ** 2 * 500);
    expect(report.rounds).toBeGreaterThan(24 * 12);
  });

  it('keeps the rounds and multiplies the bytes with the batch', async () => {
    const [one, many] = [await costReport(SMALL), await costReport([...SMALL, '--sequences', '64'])];
    expect(many.rounds).toBe(one.rounds);
    expect(many.bytes.toModelOwner / one.bytes.toModelOwner).toBeCloseTo(64, 0);
  });

  it('counts prompts apart from texts where there are candidates, the more the less', async () => {
    const of = (...candidates: string[]) => costReport([...SMALL, '--sequences', '64', ...candidates]);
    const [each, one, eight] = [await of(), await of('--candidates', '1'), await of('--candidates', '8')];
    expect([each.candidates, one.candidates, eight.candidates]).toEqual([undefined, 1, 8]);
    for (const key of ['toModelOwner', 'toDataOwner', 'dealt'] as const) {
      expect(one.bytes[key]).toBeLessThan(each.bytes[key]);
      expect(eight.bytes[key]).toBeLessThan(one.bytes[key]);
    }
    expect(eight.rounds).toBe(each.rounds);
    await expect(of('--candidates', '7')).rejects.toThrow('--candidates 7 does not divide --sequences 64');
    await expect(of('--candidates', '8', '--answer', '1')).rejects.toThrow('has no prompt that could be given apart');
  });

  it('turns latency and bandwidth into seconds', async () => {
    const on = (bandwidth: string, latency: string) =>
      costReport([...SMALL, '--bandwidth', bandwidth, '--latency', latency]);
    const { turns } = await on('100Gbit', '100ms');
    // Asked for and accepted before.
    expect((await on('100Gbit', '100ms')).seconds).toBeCloseTo((turns + 2) / 10, 1);
    const slow = await on('1kbit', '0.001ms');
    const line = (bytes: number) => (8 * bytes) / 1000;
    const { ahead, bytes } = slow;
    // Either party's line carries about half of what is dealt.
    expect(slow.seconds).toBeGreaterThan(line(Math.max(bytes.toModelOwner, 0.49 * bytes.dealt)));
    expect(slow.seconds).toBeLessThan(line(bytes.toModelOwner + bytes.toDataOwner + bytes.dealt));
    // What is dealt has come before, and what the data owner knows.
    expect(bytes.knownAhead).toBeGreaterThan(0);
    expect([ahead.toModelOwner, ahead.toDataOwner]).toEqual([bytes.toModelOwner - bytes.knownAhead, bytes.toDataOwner]);
    expect(ahead.kept).toBe(bytes.dealt + bytes.knownAhead);
    expect(ahead.seconds).toBeGreaterThan(line(Math.max(ahead.toModelOwner, ahead.toDataOwner)));
    expect(ahead.seconds).toBeLessThan(line(ahead.toModelOwner + ahead.toDataOwner));
    expect(ahead.seconds).toBeLessThan(slow.seconds);
  });

  it('shows both attentions of a shape, 12 × 768 included, and one where it is said', async () => {
    const shape = ['--shape', 'layers=12,hidden=768,heads=12,ff=3072,frequencies=64', '--tokens', '32'];
    const [features, softmax] = await costReports(shape);
    expect([features?.attention, softmax?.attention]).toEqual(['rfa', 'softmax']);
    expect(softmax!.bytes.toModelOwner).toBeLessThan(features!.bytes.toModelOwner);
    expect(await costReports([...shape, '--attention', 'softmax'])).toEqual([softmax]);
    const { matrices, pass } = softmax!.memory;
    expect(matrices).toBeGreaterThan(softmax!.setup.toDataOwner);
    expect(pass).toBeGreaterThan(4 * 32 * 3072);
  });

  it('counts a stock folder by typical ranges', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cost-'));
    for (const [name, content] of Object.entries(stockFiles)) writeFileSync(join(folder, name), content);
    try {
      const report = await costReport(['--model', folder]);
      expect(report).toMatchObject({ attention: 'softmax', calibrated: false, tokens: 24 });
      expect(report.rounds).toBeGreaterThan(25);
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(await costReport(['--model', 'public/models/tiny'])).toMatchObject({ attention: 'rfa', calibrated: true });
  });

  it('refuses what it does not understand, naming it', async () => {
    for (const [args, message] of [
      [['--shape', 'layer=3'], /--shape has no layer/],
      [['--bandwidth', 'fast'], /--bandwidth takes a number/],
      [['--tokens', '0.5'], /--tokens takes a whole number/],
      [['--shape', 'hidden=30,heads=4'], /multiple of num_attention_heads/],
    ] as const) {
      await expect(costReports([...args])).rejects.toThrow(message);
    }
  });

  it('as a program prints the report, or one line of what is wrong', async () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ['--import', 'tsx', 'tools/cost.ts', ...args], { encoding: 'utf8' });
    expect(JSON.parse(run(...SMALL, '--json').stdout)).toEqual(await costReports(SMALL));
    const { status, stdout, stderr } = run('--tokens', 'many');
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^--tokens takes a number, not “many”\n/);
  });
});
