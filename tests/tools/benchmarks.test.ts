// The benchmarks' report is a function of its .json and nothing else, and what is counted there is what the cost model says now.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { countGrowth, countShapes } from '../../tools/bench/counts';
import { type Benchmarks, sectionNames, spreadOf } from '../../tools/bench/figures';
import { bars, curves } from '../../tools/bench/plot';
import { BERT_BASE } from '../../tools/bench/published';
import { exponent, render, withTable } from '../../tools/bench/report';
import { costReports } from '../../tools/cost-report';

const benchmarks: Benchmarks = JSON.parse(readFileSync('docs/benchmarks.json', 'utf8'));

describe('docs/benchmarks.md', () => {
  it('and its pictures are what benchmarks.json makes', () => {
    const { markdown, pictures } = render(benchmarks);
    expect(readFileSync('docs/benchmarks.md', 'utf8')).toBe(markdown);
    expect(Object.keys(pictures).length).toBeGreaterThan(1);
    for (const [name, picture] of Object.entries(pictures)) {
      expect(readFileSync(`docs/images/${name}`, 'utf8'), name).toBe(picture);
      expect(markdown).toContain(`(images/${name})`);
    }
  });

  it('is what the README says', () => {
    const readme = readFileSync('README.md', 'utf8');
    expect(withTable(readme, render(benchmarks))).toBe(readme);
    expect(() => withTable('nothing', render(benchmarks))).toThrow('README');
    for (const { model, tokens, passes } of benchmarks.sections.counts!.figures.builtIn)
      expect(readme).toMatch(
        new RegExp(
          `\\b${passes.find((pass) => pass.tokens === tokens)!.rounds}( rounds)? for (the built-in\\s+model )?\\*${model}\\*`,
        ),
      );
  });

  it('has every section, and each alone', () => {
    expect(Object.keys(benchmarks.sections).sort()).toEqual([...sectionNames].sort());
    const { markdown } = render(benchmarks);
    for (const name of sectionNames) {
      const section = benchmarks.sections[name];
      const { markdown: alone } = render({ sections: { [name]: section } });
      const [, body] = alone.split(/^## /m);
      expect(body!.length).toBeGreaterThan(200);
      expect(markdown).toContain(body!.trimEnd());
      for (const broken of ['undefined', 'NaN', 'Infinity']) expect(body).not.toContain(broken);
    }
  });

  it('shows another figure where the .json has another', () => {
    const changed = structuredClone(benchmarks);
    const base = changed.sections.counts!.figures.shapes.find(({ model }) => model === 'BERT-base')!;
    for (const pass of base.passes) pass.dealt = 123_456_789_000;
    const { markdown, pictures } = render(changed);
    expect(markdown).toContain('123 GB');
    expect(pictures['benchmarks-others.svg']).not.toBe(render(benchmarks).pictures['benchmarks-others.svg']);
  });

  it('names the paper and the setting of everything that others report', () => {
    const { markdown } = render(benchmarks);
    for (const { system, paper, setting } of BERT_BASE) {
      expect(markdown).toMatch(new RegExp(`^\\| ${system} \\| .*\\|$`, 'm'));
      expect(markdown).toContain(paper);
      expect(markdown).toContain(setting);
    }
  });
});

describe('what is counted', () => {
  it('is what the cost model says of the shapes and the built-in models', async () => {
    expect(benchmarks.sections.counts?.figures).toEqual(await countShapes());
  });

  it('is what npm run cost says of BERT-base at 128 tokens', async () => {
    const shape = 'layers=12,hidden=768,heads=12,ff=3072,frequencies=64';
    const base = benchmarks.sections.counts!.figures.shapes.find(({ model }) => model === 'BERT-base')!;
    for (const { attention, rounds, bytes, setup } of await costReports(['--shape', shape, '--tokens', '128'])) {
      const pass = base.passes.find((each) => each.attention === attention && each.tokens === 128);
      expect(pass).toMatchObject({ rounds, ...bytes, setup: setup.toDataOwner });
    }
  });

  it('grows as it is told', async () => {
    expect(benchmarks.sections.growth?.figures).toEqual(await countGrowth());
  });
});

describe('the parts of the report', () => {
  it('find the exponent of a power, and the middle of measurements', () => {
    expect(exponent([1, 2, 5, 9].map((x) => [x, 3 * x ** 1.5]))).toBeCloseTo(1.5, 10);
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3, of: 3 });
    expect(spreadOf([4, 1])).toMatchObject({ median: 2.5 });
  });

  it('draw bars in proportion, strokes where something was expected, in colours for light and dark', () => {
    const picture = bars(
      'a < b',
      ['one', 'two'],
      [
        { label: 'long', values: [30, 10], note: '40' },
        { label: 'short', values: [10, 0], note: '10', mark: 20 },
      ],
    );
    expect(picture).toContain('<title>a &lt; b</title>');
    expect(picture).toContain('prefers-color-scheme: dark');
    const widths = Array.from(picture.matchAll(/stroke="none" [^>]*width="([\d.]+)"/g), ([, width]) => Number(width));
    expect(widths[0]! / widths[1]!).toBeCloseTo(3, 1);
    expect(widths[0]! / widths[2]!).toBeCloseTo(3, 1);
    expect(picture.match(/class="mark"/g)).toHaveLength(1);
  });

  it('draw a power as a straight line', () => {
    const points = [1, 10, 100].map((x) => [x, x ** 2] as const);
    const picture = curves('powers', 'x', [{ name: 'square', points }], String);
    const places = Array.from(picture.matchAll(/<circle [^>]*cx="([\d.]+)" cy="([\d.]+)"/g), ([, x, y]) => [+x!, +y!]);
    expect(places).toHaveLength(3);
    const [a, b, c] = places as [number[], number[], number[]];
    expect((b[1]! - a[1]!) / (b[0]! - a[0]!)).toBeCloseTo((c[1]! - b[1]!) / (c[0]! - b[0]!), 1);
  });
});
