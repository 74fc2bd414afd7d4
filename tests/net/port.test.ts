import { MessageChannel, Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { FramedChannel } from '../../src/net/frames';
import { type MemoryOptions, memoryPair } from '../../src/net/memory';
import { portLink, serveLink } from '../../src/net/port';

/** A channel over a port over a link, and the channel at the link's other end. */
function bridged(options: MemoryOptions = {}) {
  const [near, far] = memoryPair(options);
  const { port1, port2 } = new MessageChannel();
  const served = serveLink(near, port1);
  return { worker: new FramedChannel(portLink(port2)), far: new FramedChannel(far), served, port: port2, near };
}

describe('a link over a port', () => {
  it('carries messages both ways', async () => {
    const { worker, far } = bridged();
    const body = new Uint8Array(700_000).map((_, i) => i * 7);
    const sends = [
      worker.send({ kind: 'ring', pass: 0, round: 1, body }),
      far.send({ kind: 'tensor', pass: 0, round: 2, body }),
    ];
    expect(Buffer.compare((await far.receive()).body, body)).toBe(0);
    expect(Buffer.compare((await worker.receive()).body, body)).toBe(0);
    await Promise.all(sends);
    expect(body.length).toBe(700_000);
    worker.close('done');
  });

  it('passes a close on, from either end, with its reason', async () => {
    const one = bridged();
    one.worker.close('the worker is done');
    expect(await one.far.closed).toBe('the worker is done');
    expect(await one.served).toBe('the worker is done');
    const two = bridged();
    two.far.close('the far side is done');
    expect(await two.worker.closed).toBe('the far side is done');
  });

  it('makes the worker wait for the real pipe', async () => {
    const { worker, far, near } = bridged({ bytesPerSecond: 40e6, highWater: 1 << 20 });
    const started = performance.now();
    for (let i = 0; i < 3; i++) await worker.send({ kind: 'ring', pass: 0, round: i, body: new Uint8Array(4 << 20) });
    // 12 MiB, of which at most 4 may wait at the port and 1 on the line, at 40 MB/s.
    expect(performance.now() - started).toBeGreaterThan(150);
    for (let i = 0; i < 3; i++) expect((await far.receive()).round).toBe(i);
    expect(near.underWay).toBeLessThan(1 << 20);
    worker.close('done');
  });

  it('keeps no more than it said for a worker that computes', async () => {
    const [near, far] = memoryPair();
    const { port1, port2 } = new MessageChannel();
    const served = serveLink(near, port1, 1 << 20);
    const sender = new FramedChannel(far);
    const message = { kind: 'ring', pass: 0, round: 0, body: new Uint8Array(300_000) } as const;
    const worker = new FramedChannel(portLink(port2));
    // What it has seen no longer counts: three times the limit goes through.
    for (let i = 0; i < 10; i++) {
      await sender.send(message);
      await worker.receive();
    }
    port2.postMessage = () => {};
    for (let i = 0; i < 4; i++) sender.send(message).catch(() => {});
    expect(await served).toMatch(/^1[01]\d{5} bytes came before any were read; 1048576 may wait$/);
  });

  it('keeps what comes before the worker listens', async () => {
    const [near, far] = memoryPair();
    const { port1, port2 } = new MessageChannel();
    serveLink(near, port1);
    const sender = new FramedChannel(far);
    await sender.send({ kind: 'control', pass: 0, round: 5, body: new Uint8Array(3) });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const link = portLink(port2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const worker = new FramedChannel(link);
    expect((await worker.receive()).round).toBe(5);
    worker.close('done');
  });

  it('notices that the worker ended', async () => {
    const [near, far] = memoryPair();
    const { port1, port2 } = new MessageChannel();
    const served = serveLink(near, port1);
    const channel = new FramedChannel(far);
    const worker = new Worker('require("node:worker_threads").workerData.on("message", () => {})', {
      eval: true,
      workerData: port2,
      transferList: [port2],
    });
    await new Promise((resolve) => worker.once('online', resolve));
    await worker.terminate();
    expect(await served).toBe('the worker that used the connection has ended');
    expect(await channel.closed).toBe('the other side hung up');
  });
});
