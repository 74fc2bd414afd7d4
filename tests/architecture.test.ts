/** The arrows between folders: docs/extending.md draws them, and nothing imports against them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** What the folders beside `src/` may import from, apart from themselves. */
const OUTSIDE: Record<string, readonly string[]> = {
  src: ['shaders'],
  app: ['src'],
  server: ['src'],
  tools: ['src', 'app', 'server'],
};

interface Import {
  file: string;
  /** The file or folder that is imported, from the repository's root. */
  target: string;
}

/** Relative imports of a source, type-only ones, re-exports and the scripts of workers among them. */
function importsOf(file: string, source: string): Import[] {
  const imported = source.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*['"](\.[^'"]*)['"]/g);
  const workers = source.matchAll(/\bnew URL\(\s*['"](\.[^'"]*\.m?[jt]s)['"]/g);
  return Array.from([...imported, ...workers], ([, specifier = '']) => ({
    file,
    target: normalize(join(file, '..', specifier)),
  }));
}

const sourcesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(m?[jt]s|tsx)$/.test(name))
    .map((name) => join(folder, name));

const imports = Object.keys(OUTSIDE)
  .flatMap(sourcesIn)
  .flatMap((file) => importsOf(file, readFileSync(file, 'utf8')));

/** Of `folder/…/file`, the part that an arrow starts or ends at. */
const part = (path: string, depth: number) => path.split('/')[depth] ?? '';

/** Lines `folder → folder, folder` of the document. */
function drawn(): Map<string, string[]> {
  const [, block] = /```arrows\n([^`]*)```/.exec(readFileSync('docs/extending.md', 'utf8')) ?? [];
  if (!block) throw new Error('docs/extending.md has no block of arrows');
  return new Map(
    block
      .trim()
      .split('\n')
      .map((line) => {
        const [from = '', to = ''] = line.split('→').map((side) => side.trim());
        return [from, to.split(', ').filter((name) => /^\w+$/.test(name))];
      }),
  );
}

describe('the folders of src/', () => {
  const arrows = drawn();
  const inside = imports.filter(({ file, target }) => part(file, 0) === 'src' && part(target, 0) === 'src');

  it('are all drawn, from the bottom up, so that there is no circle', () => {
    const folders = new Set(sourcesIn('src').map((file) => part(file, 1)));
    expect([...arrows.keys()].sort()).toEqual([...folders].sort());
    const order = [...arrows.keys()];
    for (const [index, [from, targets]] of [...arrows].entries())
      for (const to of targets) expect(order.slice(0, index), `${from} → ${to}`).toContain(to);
  });

  it.each([...arrows])('%s imports from no more and no less than is drawn', (folder, targets) => {
    const crossing = inside.filter(({ file, target }) => part(file, 1) === folder && part(target, 1) !== folder);
    const against = crossing.filter(({ target }) => !targets.includes(part(target, 1)));
    expect(against.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
    expect([...new Set(crossing.map(({ target }) => part(target, 1)))].sort()).toEqual([...targets].sort());
  });
});

it.each(Object.entries(OUTSIDE))('%s imports from %j only', (folder, targets) => {
  const allowed = [folder, ...targets];
  const wrong = imports.filter(({ file, target }) => part(file, 0) === folder && !allowed.includes(part(target, 0)));
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

it('every way to import is seen', () => {
  const source = `
    import { a } from '../net/a';
    import type { B } from '../net/b';
    import {
      c,
      type D,
    } from "../net/c";
    export * from '../net/d';
    import '../net/e';
    const f: import('../net/f').F = await import('../net/g');
    new Worker(new URL('../net/h.ts', import.meta.url));
    import { z } from 'zod';`;
  const targets = importsOf('src/ring/x.ts', source).map(({ target }) => target);
  expect(targets).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h.ts'].map((name) => `src/net/${name}`));
  expect(imports.length).toBeGreaterThan(300);
});
