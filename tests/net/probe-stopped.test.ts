/** A measurement that is stopped, and another behind it. */
import { expect, it } from 'vitest';
import { Probe } from '../../src/net/probe';

/** The other side of a data channel: it answers all that it is asked, at once. */
class Answering extends EventTarget {
  readonly readyState = 'open';
  readonly bufferedAmount = 0;
  /** Until then it keeps answers. */
  hold: Promise<void> = Promise.resolve();

  async send(data: string | Uint8Array) {
    if (typeof data !== 'string') return;
    const { say, number } = JSON.parse(data);
    const answer = { ping: { say: 'pong', number }, load: { say: 'rate', rate: 5e6 }, want: { say: 'load' } }[
      say as 'ping' | 'load' | 'want'
    ];
    await this.hold;
    if (say === 'want') this.#hear(new ArrayBuffer(4096), new ArrayBuffer(4096), new ArrayBuffer(4096));
    if (answer) this.#hear(JSON.stringify(answer));
  }

  #hear(...said: unknown[]) {
    for (const data of said) this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

it('a measurement that was stopped takes no answer from the one behind it', async () => {
  const channel = new Answering();
  const connection = { createDataChannel: () => channel, getStats: async () => new Map() };
  const probe = new Probe(connection as unknown as RTCPeerConnection);
  let release = () => {};
  channel.hold = new Promise((resolve) => {
    release = resolve;
  });
  const stopped = new AbortController();
  const first = probe.measure(stopped.signal);
  const refused = expect(first).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 20));
  stopped.abort();
  const began = performance.now();
  const second = probe.measure(new AbortController().signal);
  channel.hold = Promise.resolve();
  release();
  await refused;
  expect((await second).bandwidth).toBeGreaterThan(0);
  // It would have waited for eight seconds.
  expect(performance.now() - began).toBeLessThan(5000);
}, 20_000);
