import { describe, expect, it } from 'vitest';
import { DEVIATIONS } from '../../app/lib/deviations';
import { trust } from '../../app/lib/trust';
import { isThisMachine } from '../../src/net/this-machine';
import type { Role } from '../../src/session/messages';

const known = {
  role: 'data-owner',
  dealer: 'server',
  server: 'tune.example.org',
  ownServer: false,
  met: {},
} as const;
const runs = (role: 'model-owner' | 'dealer') => ({ [role]: { role, ownServer: true, phrase: '000 000' } });

describe('whom a session has to trust', () => {
  it('is said with names: who deals, and who runs the server', () => {
    const { dealer, server, partial } = trust(known);
    expect(dealer).toMatch(
      /^The server tune\.example\.org deals the randomness\. Alone it learns shapes, and how many bits/,
    );
    expect(server).toMatch(/^tune.example.org is run by whoever gave you its address/);
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

describe('what others could do all the same', () => {
  const told = (role: Role) =>
    DEVIATIONS.filter((row) => row.told.includes(role)).map(({ who, can }) => `${who}: ${can}`);

  it.each([
    ['data-owner', /dealer together with the model owner: Read the texts/, /Read the model’s weights/],
    ['model-owner', /dealer together with the data owner: Read the model’s weights/, /Read the texts/],
  ] as const)('is said to the %s of its own secrets, not of the other’s', (role, own, others) => {
    expect(told(role).join('\n')).toMatch(own);
    expect(told(role).join('\n')).not.toMatch(others);
    expect(told(role).join('\n')).toMatch(/deals wrongly: Make answers wrong/);
  });

  it('is said to the model owner without sparing it: weights can be read', () => {
    expect(told('model-owner').join('\n')).toMatch(/Read weights/);
  });

  it('is said to the dealer of itself', () => {
    expect(told('dealer')).toHaveLength(2);
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
