/** Measured over a real socket whose server takes its time. */
import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { measureServer } from '../../src/net/server-line';

const PIECE = Buffer.alloc(16_384);
const EVERY_MS = 20;
const WAIT_MS = 30;

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Answers after WAIT_MS, and then sends a piece every EVERY_MS, for ever. */
async function slowServer(status = 200): Promise<string> {
  server = createServer((request, response) => {
    setTimeout(() => {
      response.writeHead(status);
      if (request.method === 'HEAD' || status !== 200) return response.end();
      const timer = setInterval(() => response.write(PIECE), EVERY_MS);
      response.on('close', () => clearInterval(timer));
    }, WAIT_MS);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
}

describe('the line from the server', () => {
  it('has the server’s delay, and no more than its rate', async () => {
    const { roundTripMs, bandwidth } = await measureServer(await slowServer(), AbortSignal.timeout(20_000));
    expect(roundTripMs).toBeGreaterThan(WAIT_MS - 2);
    const rate = (8 * PIECE.length) / (EVERY_MS / 1000);
    expect(bandwidth).toBeLessThan(1.5 * rate);
    expect(bandwidth).toBeGreaterThan(rate / 20);
  });

  it('is not measured where the server has no such file, nor once it is stopped', async () => {
    await expect(measureServer(await slowServer(404), AbortSignal.timeout(20_000))).rejects.toThrow('answered 404');
    await expect(measureServer(await slowServer(), AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });
});
