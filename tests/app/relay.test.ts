/** A person's own relay: what is taken, and what the browser is told. */
import { describe, expect, it } from 'vitest';
import { relayProblem, relayServers } from '../../app/stores/relay';

const relay = (url: string, user = 'me', password = 'secret') => ({ url, user, password });

describe('a relay of one’s own', () => {
  it.each([
    'turn:relay.example.org',
    'turns:relay.example.org:443?transport=tcp',
    ' turn:10.0.0.1:3478 ',
    'turn:[fd00::2]:3478',
  ])('%s is told to the browser with user and password', (url) => {
    expect(relayProblem(relay(url))).toBeUndefined();
    expect(relayServers(relay(url))).toEqual([{ urls: url.trim(), username: 'me', credential: 'secret' }]);
  });

  it('that is STUN has neither', () => {
    expect(relayServers(relay('stun:stun.example.org'))).toEqual([{ urls: 'stun:stun.example.org' }]);
  });

  it.each([
    'relay.example.org',
    'https://relay.example.org',
    'turn:',
    'turn:a b',
    'turn:x?transport=sctp',
    'stun:x?transport=udp',
    'turn:[fd00::2',
    'turn:relay.example.org:99999',
    'turn:relay.example.org:70000?transport=tcp',
  ])('%s is none, and said so', (url) => {
    expect(relayProblem(relay(url))).toMatch(/^An address is like/);
    expect(relayServers(relay(url))).toEqual([]);
  });

  it('needs user and password for TURN', () => {
    expect(relayProblem(relay('turn:relay.example.org', '', 'x'))).toMatch(/user and a password/);
    expect(relayServers(relay('turn:relay.example.org', 'me', ''))).toEqual([]);
  });

  it('is none where the field is empty', () => {
    expect([relayProblem(relay('')), relayServers(relay(''))]).toEqual([undefined, []]);
  });
});
