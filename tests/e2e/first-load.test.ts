/** How much script has to be there before a page can be used, as the build has it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const DIST = 'dist';
const MOST = 300_000;

const source = (path: string): string => readFileSync(join(DIST, path), 'utf8');

/** A script and all that it imports before it runs, by path. */
function withImports(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, file] of source(path).matchAll(/(?:\bfrom|\bimport)\s*["'`]\.\/([\w-]+\.js)["'`]/g))
    withImports(`assets/${file}`, found);
  return found;
}

const weight = (paths: Iterable<string>): number =>
  [...paths].reduce((sum, path) => sum + gzipSync(source(path)).length, 0);

const entry = source('index.html').match(/src="\/(assets\/[\w-]+\.js)"/)![1]!;

describe('script, gzipped,', () => {
  it('of the first page stays below 300 kB', () => {
    const paths = withImports(entry);
    expect(paths.size).toBeGreaterThan(0);
    expect(weight(paths)).toBeLessThan(MOST);
  });

  it('of a session does so, too, charts and all', () => {
    const page = source(entry).match(/\.\/(SessionPage-[\w-]+\.js)/)![1]!;
    const paths = new Set([...withImports(entry), ...withImports(`assets/${page}`)]);
    expect(paths.size).toBeGreaterThan(withImports(entry).size);
    expect(weight(paths)).toBeLessThan(MOST);
  });
});
