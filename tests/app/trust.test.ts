import { describe, expect, it } from 'vitest';
import { trust } from '../../app/lib/trust';
import { isThisMachine } from '../../src/net/this-machine';

const known = {
  role: 'data-owner',
  dealer: 'server',
  server: 'tune.example.org',
  ownServer: false,
  met: {},
} as const;
const runs = (role: 'model-owner' | 'dealer') => ({ [role]: { role, ownServer: true, phrase: '000 000' } });

describe('whom a session has to trust', () => {
  it('is said with names: who deals, who runs the server, who could learn what with whom', () => {
    const { dealer, server, together, partial } = trust(known);
    expect(dealer).toBe('The server tune.example.org deals the randomness.');
    expect(server).toMatch(/^tune.example.org is run by whoever gave you its address/);
    expect(together).toMatch(/data owner’s texts together with the model owner.*weights together with the data owner/);
    expect(partial).toBeUndefined();
  });

  it.each([
    ['data-owner', true, {}, /since you run its server\. You could read the model’s weights/],
    ['model-owner', true, {}, /since you run its server\. You could read the data owner’s texts/],
    [
      'data-owner',
      false,
      runs('model-owner'),
      /since the model owner runs its server\. That person could read the data/,
    ],
  ] as const)('the %s is told that a party’s server is no neutral dealer', (role, ownServer, met, sentence) => {
    expect(trust({ ...known, role, ownServer, met }).partial).toMatch(sentence);
  });

  it('a third tab is neutral, whoever runs the server, which is said all the same', () => {
    const said = trust({ ...known, dealer: 'tab', met: runs('model-owner') });
    expect(said.partial).toBeUndefined();
    expect(said.dealer).toMatch(/Compare the digits/);
    expect(said.server).toMatch(/^The model owner runs the server/);
    expect(trust({ ...known, dealer: 'tab', met: runs('dealer') }).server).toMatch(/^The dealer runs the server/);
  });
});

describe('a server of one’s own', () => {
  it.each(['localhost', '127.0.0.1', '127.1.2.3', '[::1]', 'app.localhost'])('is at %s', (host) => {
    expect(isThisMachine(host)).toBe(true);
  });

  it.each(['example.org', 'localhost.example.org', '192.168.1.5', '127.0.0.1.example.org'])('is not at %s', (host) => {
    expect(isThisMachine(host)).toBe(false);
  });
});
