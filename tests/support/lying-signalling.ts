/**
 * A signalling server that lies: it passes on what pages say to the honest one, but whoever calls a certain name is sent to another, and hears
 * that other one under the name it called. Browsers whose page is the other are then connected to it and not to each other.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

export interface LyingSignalling {
  port: number;
  /** From now on whoever calls `victim` reaches `impostor`. */
  swap(victim: string, impostor: string): void;
  /** Calls that were sent elsewhere. */
  readonly swapped: number;
  close(): void;
}

export async function lieInFrontOf(honestPort: number): Promise<LyingSignalling> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  let lie: { victim: string; impostor: string } | undefined;
  let swapped = 0;
  server.on('connection', (page, request) => {
    // The impostor's own calls go where it says.
    const isImpostor = new URL(request.url ?? '', 'ws://x').searchParams.get('id')?.startsWith('impostor');
    const honest = new WebSocket(`ws://127.0.0.1:${honestPort}${request.url}`);
    const opened = once(honest, 'open');
    const rename = (data: unknown, field: 'src' | 'dst', from?: string, to?: string): string => {
      const message = JSON.parse(String(data));
      if (from !== undefined && message[field] === from && !isImpostor) {
        message[field] = to;
        swapped += 1;
      }
      return JSON.stringify(message);
    };
    page.on('message', async (data) => {
      await opened;
      honest.send(rename(data, 'dst', lie?.victim, lie?.impostor));
    });
    honest.on('message', (data) => page.send(rename(data, 'src', lie?.impostor, lie?.victim)));
    for (const [one, other] of [
      [page, honest],
      [honest, page],
    ] as const) {
      one.on('close', () => other.close());
      one.on('error', () => {});
    }
  });
  return {
    port: (server.address() as AddressInfo).port,
    swap: (victim, impostor) => {
      lie = { victim, impostor };
    },
    get swapped() {
      return swapped;
    },
    close: () => {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}
