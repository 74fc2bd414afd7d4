import { describe, expect, it } from 'vitest';
import { type Attempt, slowConnection } from '../../src/net/slow-connection';

const attempt = ({
  kinds = ['host'],
  hasTurn = false,
  trouble,
  ...more
}: Partial<Attempt> & { kinds?: string[]; hasTurn?: boolean; trouble?: string }): string =>
  slowConnection({
    ...{ answered: true, gathering: 'complete', state: 'checking' },
    found: { kinds: new Set(kinds), hasTurn, trouble },
    ...more,
  });

describe('a connection that takes long', () => {
  it('says how far it has come, and what to do', () => {
    expect(attempt({ answered: false })).toMatch(/^The server is reached, but the other page has not answered/);
    expect(attempt({ kinds: [], gathering: 'gathering' })).toMatch(/still looking/);
    expect(attempt({ kinds: [] })).toMatch(/no network address/);
    expect(attempt({})).toMatch(/\(checking\).*addresses of its own network only.*on the first page.*--ice/);
    expect(attempt({ kinds: ['host', 'srflx'] })).not.toMatch(/own network only/);
    for (const kinds of [[], ['host']])
      expect(attempt({ hasTurn: true, kinds, trouble: 'No such server.' })).toMatch(
        /^The other page is.*No such server\.$/,
      );
    expect(attempt({ hasTurn: true, kinds: ['relay'] })).toMatch(/Not even by the TURN server/);
  });
});
