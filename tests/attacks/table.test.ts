/** SECURITY.md's table: it says what the pages say, and each row names tests that there are. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEVIATIONS } from '../../app/lib/deviations';
import { ROLES } from '../../app/lib/roles';

const HEADER = '| who | can | noticed | shown by |';

const lines = readFileSync('SECURITY.md', 'utf8').split('\n');
const from = lines.indexOf(HEADER);
const rows = lines.slice(from + 2, lines.indexOf('', from)).map((line) => line.slice(2, -2).split(' | '));

describe('the table of what is not protected', () => {
  it('is the one that the pages say', () => {
    const said = DEVIATIONS.map(({ who, can, noticed }) => [who, can, noticed]);
    expect(rows.map((cells) => cells.slice(0, 3))).toEqual(said);
    for (const role of ROLES) expect(DEVIATIONS.some(({ told }) => told.includes(role))).toBe(true);
  });

  it.each(rows.map((cells) => [cells[0], cells[3] ?? '']))('%s: is shown by tests that there are', (_, shown) => {
    const named = shown.split('<br>').map((one) => /^\[[\w/-]+\]\((tests\/[\w/-]+\.test\.ts)\): (.+)$/.exec(one));
    // Only of who has everything is there nothing to show.
    if (shown === 'a page has its side’s secrets: there is nothing to show') return;
    for (const [i, match] of named.entries()) {
      expect(match, `“${shown.split('<br>')[i]}” names a file and a title`).not.toBeNull();
      const [, file, title] = match!;
      expect(existsSync(file!), file).toBe(true);
      const source = readFileSync(file!, 'utf8');
      const titled = ["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
      expect(titled, `${file} has a test “${title}”`).toBe(true);
    }
  });
});
