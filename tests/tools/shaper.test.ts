/** When a shaped line delivers, on a clock that stands still between two times; and that what goes through real sockets is what was sent. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Clock, Lane, shapeTcp, shapeUdp } from '../../tools/shaper';

/** Runs what is due in its order, and jumps from one to the next. */
class FakeClock implements Clock {
  private time = 0;
  private due: { at: number; call: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(ms: number, call: () => void): void {
    this.due.push({ at: this.time + Math.max(0, ms), call });
  }

  run(until = Number.POSITIVE_INFINITY): void {
    for (;;) {
      const next = this.due.toSorted((a, b) => a.at - b.at)[0];
      if (!next || next.at > until) return;
      this.due = this.due.filter((each) => each !== next);
      this.time = next.at;
      next.call();
    }
  }
}

describe('a lane', () => {
  /** Times at which packets of 1,250 bytes arrive, all offered at once. */
  function arrivals(count: number, latencyMs: number, bitsPerSecond: number, atOnce?: number): number[] {
    const clock = new FakeClock();
    const lane = new Lane({ latencyMs, bitsPerSecond }, clock, atOnce);
    const times: number[] = [];
    for (let i = 0; i < count; i++) lane.offer(1250, () => times.push(clock.now()));
    clock.run();
    return times;
  }

  it('delays each packet, and lets no more through than the bandwidth', () => {
    // 10,000 bits at 10 Mbit/s: one a millisecond.
    const expected = Array.from({ length: 100 }, (_, i) => 40 + 1 + i);
    for (const [i, at] of arrivals(100, 40, 10e6).entries()) expect(at).toBeCloseTo(expected[i]!, 6);
    expect(arrivals(3, 0, Number.POSITIVE_INFINITY)).toEqual([0, 0, 0]);
  });

  it('drops what its queue has no room for, 200 ms behind, and takes more when that is through', () => {
    const clock = new FakeClock();
    const lane = new Lane({ latencyMs: 5, bitsPerSecond: 10e6 }, clock);
    let delivered = 0;
    const offer = (count: number) => {
      for (let i = 0; i < count; i++) lane.offer(1250, () => delivered++);
    };
    offer(300);
    expect(lane.dropped).toBe(99);
    clock.run(105);
    expect(delivered).toBe(100);
    offer(50);
    expect(lane.dropped).toBe(99);
    clock.run();
    expect(delivered).toBe(251);
  });

  it('hands over no more at once than it may', () => {
    expect(arrivals(5, 0, Number.POSITIVE_INFINITY, 2)).toEqual([0, 0, 1, 1, 2]);
  });

  it('keeps the order where the line becomes shorter', () => {
    const clock = new FakeClock();
    const lane = new Lane({ latencyMs: 80, bitsPerSecond: 10e6 }, clock);
    const order: [string, number][] = [];
    lane.offer(1250, () => order.push(['first', clock.now()]));
    lane.shape = { latencyMs: 0, bitsPerSecond: 10e6 };
    lane.offer(1250, () => order.push(['second', clock.now()]));
    clock.run();
    expect(order).toEqual([
      ['first', 81],
      ['second', 81],
    ]);
  });
});

describe('a shaped port', () => {
  const SHAPE = { latencyMs: 2, bitsPerSecond: 100e6 };

  it('of UDP carries packets there, and answers back to whoever asked', async () => {
    const server = createSocket('udp4');
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    server.on('message', (packet, { port }) => server.send(`${packet}!`, port, '127.0.0.1'));
    const shaper = await shapeUdp(server.address().port, SHAPE);
    const callers = [createSocket('udp4'), createSocket('udp4')];
    const answers = await Promise.all(
      callers.map(async (caller, i) => {
        caller.send(`caller ${i}`, shaper.port, '127.0.0.1');
        const [answer] = await once(caller, 'message');
        return String(answer);
      }),
    );
    expect(answers).toEqual(['caller 0!', 'caller 1!']);
    for (const end of [...callers, server, shaper]) end.close();
  });

  it('of TCP carries every byte in order, and the end behind them', async () => {
    const sent = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);
    const server = createServer((socket) => socket.end(sent));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const shaper = await shapeTcp((server.address() as { port: number }).port, SHAPE);
    const received: Uint8Array[] = [];
    const socket = connect(shaper.port, '127.0.0.1').on('data', (data: Buffer) => received.push(data));
    await once(socket, 'end');
    expect(Buffer.compare(Buffer.concat(received), sent)).toBe(0);
    for (const end of [server, shaper]) end.close();
  });
});
