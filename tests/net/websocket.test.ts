import { afterAll, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { dealerUrl, openWebSocket } from '../../src/net/websocket';

// Not every version of Node has the browsers' own.
vi.stubGlobal('WebSocket', WebSocket);
afterAll(() => vi.unstubAllGlobals());

const seat = { name: '0'.repeat(32), role: 'data-owner' } as const;

it.each(['http://192.0.2.7:8080/', 'http://dealer.example/', 'http://localhost.example/', 'http://127.example/'])(
  'nothing goes to a dealer that others could read: %s',
  async (page) => {
    await expect(openWebSocket(dealerUrl(page), seat)).rejects.toThrow(
      /^The way to the dealer on .* is not encrypted, and seeds would go over it\. Open the page by https\.$/,
    );
  },
);

it.each([
  'http://localhost:1/',
  'http://127.0.0.1:1/',
  'http://[::1]:1/',
  'http://a.localhost:1/',
  'https://127.0.0.1:1/',
])('where nobody can, it does: %s', async (page) => {
  // Nobody listens there.
  await expect(openWebSocket(dealerUrl(page), seat)).rejects.toThrow(/cannot be reached/);
});
