import { describe, expect, it, vi } from 'vitest';
import { FramedChannel, HEADER_BYTES } from '../../src/net/frames';
import { keepAlive } from '../../src/net/keepalive';
import { memoryPair } from '../../src/net/memory';

const FAST = { beatMs: 40, silenceMs: 200 };
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('keepAlive', () => {
  it('keeps an idle pair open, at no cost to the counters', async () => {
    let beats = 0;
    const [a, b] = memoryPair({
      tamper(chunk) {
        if (chunk.length === 0) beats++;
        return chunk;
      },
    });
    const [left, right] = [new FramedChannel(keepAlive(a, FAST)), new FramedChannel(keepAlive(b, FAST))];
    await sleep(800);
    // Two sides, twenty beats each at most: beating answers beating, but not without end.
    expect(beats).toBeGreaterThan(8);
    expect(beats).toBeLessThan(60);
    await left.send({ kind: 'ring', pass: 0, round: 1, body: new Uint8Array(3) });
    expect((await right.receive()).round).toBe(1);
    expect(right.received.wire).toBe(HEADER_BYTES + 3);
    left.close('done');
    expect(await right.closed).toBe('done');
  });

  it('closes after silence, and says how long it was', async () => {
    const [a, b] = memoryPair({ tamper: (chunk, from) => (from === 1 ? undefined : chunk) });
    const channel = new FramedChannel(keepAlive(a, FAST));
    keepAlive(b, FAST);
    const started = performance.now();
    expect(await channel.closed).toBe('the other side has been silent for 0.2 s');
    expect(performance.now() - started).toBeGreaterThan(200);
  });

  it('keeps a side alive whose timers the browser has stopped, by answering', async () => {
    const [a, b] = memoryPair();
    const left = new FramedChannel(keepAlive(a, FAST));
    const stopped = vi.spyOn(globalThis, 'setInterval').mockReturnValueOnce(0 as never);
    const right = new FramedChannel(keepAlive(b, FAST));
    stopped.mockRestore();
    let ended = '';
    left.closed.then((reason) => {
      ended = reason;
    });
    await sleep(600);
    expect(ended).toBe('');
    right.close('done');
  });

  it('forgives a side that was blocked longer than the silence it allows', async () => {
    const [a, b] = memoryPair();
    const [left, right] = [keepAlive(a, FAST), keepAlive(b, FAST)];
    let ended = '';
    left.onclose = (reason) => {
      ended = reason;
    };
    left.onchunk = () => {};
    right.onchunk = () => {};
    await sleep(60);
    const until = performance.now() + 500;
    while (performance.now() < until);
    await sleep(100);
    expect(ended).toBe('');
    left.close('done');
  });
});
