import { describe, expect, it } from 'vitest';
import { type Attempt, slowConnection } from '../../src/net/slow-connection';

const attempt = (more: Partial<Attempt>): string =>
  slowConnection({
    answered: true,
    gathering: 'complete',
    state: 'checking',
    kinds: new Set(['host']),
    relay: false,
    ...more,
  });

describe('a connection that takes long', () => {
  it('says how far it has come, and what to do', () => {
    expect(attempt({ answered: false })).toMatch(/^The server is reached, but the other page has not answered/);
    expect(attempt({ kinds: new Set(), gathering: 'gathering' })).toMatch(/still looking/);
    expect(attempt({ kinds: new Set() })).toMatch(/no network address/);
    expect(attempt({})).toMatch(/\(checking\).*addresses of its own network only.*on the first page.*--ice/);
    expect(attempt({ kinds: new Set(['host', 'srflx']) })).not.toMatch(/own network only/);
    expect(attempt({ relay: true })).toMatch(/TURN server has not answered: check its address, user and password/);
    expect(attempt({ relay: true, kinds: new Set(['relay']) })).toMatch(/Not even by the TURN server/);
  });
});
