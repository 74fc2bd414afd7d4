/** Addresses that people share, and what becomes of broken ones. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { invitation, parseRoute, sessionHash } from '../../app/lib/route';

afterEach(() => vi.unstubAllGlobals());

describe('an address', () => {
  it('without a place leads to the lobby', () => {
    for (const hash of ['', '#', '#/', '#/nowhere', '#/session', '#/session?role=admin', '#/join'])
      expect(parseRoute(hash)).toEqual({ page: 'lobby' });
  });

  it('of an invitation is read as it was written', () => {
    vi.stubGlobal('location', { origin: 'https://example.org', pathname: '/app/' });
    const address = invitation({ code: '7KQ2-M9XD-4TRW', key: 'f00d', dealer: 'tab' }, 'model-owner');
    expect(address).toBe('https://example.org/app/#/join/7KQ2-M9XD-4TRW?role=model-owner&dealer=tab&key=f00d');
    expect(parseRoute(new URL(address).hash)).toEqual({
      page: 'join',
      code: '7KQ2-M9XD-4TRW',
      key: 'f00d',
      role: 'model-owner',
      dealer: 'tab',
    });
    expect(invitation({ code: '7KQ2-M9XD-4TRW', dealer: 'server' }, 'data-owner')).not.toMatch(/dealer|key/);
    // What a browser asks a server for ends where the fragment begins.
    expect(new URL(address).pathname + new URL(address).search).toBe('/app/');
  });

  it('of an invitation with a broken code or a role that nobody has is kept for its own check', () => {
    expect(parseRoute('#/join/7K%20Q2')).toMatchObject({ code: '7K Q2', role: undefined });
    expect(parseRoute('#/join/%E0%A4%A')).toMatchObject({ code: '%E0%A4%A' });
    expect(parseRoute('#/join/A?role=spy')).toMatchObject({ role: undefined, dealer: 'server' });
  });

  it('of a session is read as it was written', () => {
    for (const host of [true, false])
      for (const dealer of ['server', 'tab'] as const) {
        const terms = { role: 'data-owner', code: 'AAAA-BBBB-CCCC', key: 'f00d', host, dealer, solo: host } as const;
        expect(parseRoute(sessionHash(terms))).toMatchObject({
          page: 'session',
          ...terms,
          backend: 'auto',
          presets: {},
        });
      }
  });

  it('of a session carries presets, and no parameter of its own among them', () => {
    const route = parseRoute('#/session?role=data-owner&code=A&backend=cpu&generations=3&promptText=it+was');
    expect(route).toMatchObject({ backend: 'cpu', presets: { generations: '3', promptText: 'it was' } });
    expect(Object.keys((route as { presets: object }).presets)).toEqual(['generations', 'promptText']);
    expect(parseRoute('#/session?role=data-owner&backend=quantum')).toMatchObject({ backend: 'auto', code: '' });
  });

  it('never makes a dealer a host, nor lets it ask for another dealer', () => {
    expect(parseRoute('#/session?role=dealer&host=1&dealer=server')).toMatchObject({ host: false, dealer: 'tab' });
  });
});
