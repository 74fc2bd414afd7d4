import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChannelClosed, FrameError, type Message, type MessageKind } from '../../src/net/channel';
import { FRAME_VERSION, FramedChannel, HEADER_BYTES, MOST_BODY, readGoodbye } from '../../src/net/frames';
import { MAX_CHUNK } from '../../src/net/link';
import { type MemoryOptions, memoryPair } from '../../src/net/memory';

const CHUNK = 256;

function channels(options: MemoryOptions = {}, limit?: number): [FramedChannel, FramedChannel] {
  const [a, b] = memoryPair({ maxChunk: CHUNK, ...options });
  return [new FramedChannel(a, { limit }), new FramedChannel(b, { limit })];
}

function bytes(length: number, seed = length): Uint8Array {
  let state = seed + 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

/** Changes the header of the first chunk that the first end sends. */
function tamperHeader(change: (header: DataView) => void): MemoryOptions {
  let done = false;
  return {
    tamper(chunk, from) {
      if (from === 0 && !done) {
        done = true;
        change(new DataView(chunk.buffer, chunk.byteOffset));
      }
      return chunk;
    },
  };
}

describe('messages', () => {
  const kind = fc.constantFrom<MessageKind>('control', 'ring', 'tensor');
  const edges = [
    0,
    1,
    CHUNK - HEADER_BYTES - 1,
    CHUNK - HEADER_BYTES,
    CHUNK - HEADER_BYTES + 1,
    2 * CHUNK - HEADER_BYTES,
  ];
  const size = fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 0, max: 2000 }));
  const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const message = fc.record({ kind, pass: number, round: number, size });

  it('arrive whole, in order, whatever their sizes, and are counted exactly', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 12 }), async (plans) => {
        const [a, b] = channels();
        const messages: Message[] = plans.map(({ size, ...head }, i) => ({ ...head, body: bytes(size, i) }));
        const sends = messages.map((m) => a.send(m));
        for (const sent of messages) expect(await b.receive()).toEqual(sent);
        await Promise.all(sends);
        const wire = messages.reduce((sum, { body }) => sum + body.length + HEADER_BYTES, 0);
        const ring = messages.filter((m) => m.kind === 'ring').reduce((sum, { body }) => sum + body.length, 0);
        for (const traffic of [a.sent, b.received]) {
          expect(traffic.wire).toBe(wire);
          expect(traffic.messages).toBe(messages.length);
          expect(traffic.body.ring).toBe(ring);
        }
        expect(a.received.wire).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('of several megabytes arrive at the real chunk size, both ways at once', async () => {
    const [a, b] = channels({ maxChunk: undefined });
    const there = bytes(MOST_BODY);
    const back = bytes(3_333_333);
    const sends = [
      a.send({ kind: 'tensor', pass: 0, round: 1, body: there }),
      b.send({ kind: 'ring', pass: 0, round: 2, body: back }),
    ];
    expect(Buffer.compare((await b.receive()).body, there)).toBe(0);
    expect(Buffer.compare((await a.receive()).body, back)).toBe(0);
    await Promise.all(sends);
  });

  it('may reuse the body once sent', async () => {
    const [a, b] = channels();
    const body = bytes(3 * CHUNK);
    const original = body.slice();
    await a.send({ kind: 'ring', pass: 0, round: 0, body });
    body.fill(0);
    expect((await b.receive()).body).toEqual(original);
  });

  it('serve waiting receivers in order', async () => {
    const [a, b] = channels();
    const waiting = [b.receive(), b.receive()];
    await a.send({ kind: 'control', pass: 0, round: 1, body: bytes(1) });
    await a.send({ kind: 'control', pass: 0, round: 2, body: bytes(1) });
    expect((await Promise.all(waiting)).map((m) => m.round)).toEqual([1, 2]);
  });

  it.each<[MessageKind, number]>([
    ['control', 64 << 20],
    ['ring', MOST_BODY],
    ['tensor', MOST_BODY],
  ])('of kind %s above %i bytes are neither sent nor accepted', async (kind, most) => {
    const [a, b] = channels();
    const body = { length: most + 1 } as Uint8Array;
    await expect(a.send({ kind, pass: 0, round: 0, body })).rejects.toThrow(
      `a ${kind} message has at most ${most} bytes`,
    );
    await a.send({ kind, pass: 0, round: 7, body: bytes(1000) });
    expect((await b.receive()).round).toBe(7);
    const [c, d] = channels(tamperHeader((header) => header.setUint32(16, most + 1, true)));
    c.send({ kind, pass: 0, round: 0, body: bytes(1000) }).catch(() => {});
    await expect(d.receive()).rejects.toThrow(`length: expected at most ${most} bytes of ${kind}, got ${most + 1}`);
  });

  it('with a pass or round that does not fit are not sent', async () => {
    const [a] = channels();
    await expect(a.send({ kind: 'ring', pass: -1, round: 0, body: bytes(1) })).rejects.toThrow(/^pass: .*not -1/);
    await expect(a.send({ kind: 'ring', pass: 0, round: 2 ** 32, body: bytes(1) })).rejects.toThrow(/^round: /);
  });

  it('have a limit of their own on one side, which is only for what is accepted', async () => {
    const [narrow, wide] = memoryPair({ maxChunk: CHUNK });
    const sender = new FramedChannel(narrow, { limit: 100 });
    await sender.send({ kind: 'ring', pass: 0, round: 7, body: bytes(1000) });
    expect((await new FramedChannel(wide).receive()).body.length).toBe(1000);
  });

  it('take memory as they come, whatever their header announces', async () => {
    const [a, b] = channels({ ...tamperHeader((header) => header.setUint32(16, 64 << 20, true)), maxChunk: undefined });
    const sent = MAX_CHUNK - HEADER_BYTES; // a whole chunk: a shorter one would end the message
    const before = process.memoryUsage().arrayBuffers;
    const waiting = b.receive().catch(() => 'never whole');
    a.send({ kind: 'control', pass: 0, round: 0, body: bytes(sent) }).catch(() => {});
    await expect.poll(() => b.received.body.control).toBe(sent);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * MAX_CHUNK);
    a.close('enough');
    expect(await waiting).toBe('never whole');
  });

  it('come in a bounded number of chunks', async () => {
    const [near, far] = memoryPair();
    const channel = new FramedChannel(far);
    const first = new Uint8Array(HEADER_BYTES + 1);
    const header = new DataView(first.buffer);
    header.setUint16(0, 0x5357, true);
    header.setUint8(2, FRAME_VERSION);
    header.setUint8(3, 1);
    header.setUint32(16, 64 << 20, true);
    await near.send(first);
    await expect(channel.receive()).rejects.toThrow(
      'length: 67108864 bytes in chunks of 21 are more than 65536 chunks',
    );
  });

  it('wait up to a limit for somebody who receives them, empty ones too', async () => {
    const [near, far] = memoryPair();
    const [a, b] = [new FramedChannel(near), new FramedChannel(far, { mostUnread: 10_000 })];
    const send = (length: number) =>
      a.send({ kind: 'control', pass: 0, round: 0, body: bytes(length) }).catch(() => {});
    // What was received no longer counts.
    for (let i = 0; i < 5; i++) {
      await send(9000);
      await expect.poll(() => b.received.messages).toBe(i + 1);
      await b.receive();
    }
    for (let i = 0; i < 100; i++) await send(0);
    expect(await b.closed).toMatch(/^unread: 10\d\d\d bytes came before any were asked for; 10000 may wait$/);
    expect(b.received.messages).toBeLessThan(50);
    expect(await a.closed).toMatch(/^the other side could not read what this one sent: unread: /);
  });
});

describe('backpressure', () => {
  it('send waits for the pipe and never puts more on it than one chunk above the mark', async () => {
    const highWater = 4 * CHUNK;
    const [a, b] = memoryPair({ maxChunk: CHUNK, highWater, bytesPerSecond: 2_000_000 });
    let most = 0;
    const watched = new FramedChannel({
      maxChunk: a.maxChunk,
      onchunk: undefined,
      onclose: undefined,
      close: (reason) => a.close(reason),
      send(chunk) {
        const room = a.send(chunk);
        most = Math.max(most, a.underWay);
        return room;
      },
    });
    const receiver = new FramedChannel(b);
    const started = performance.now();
    for (let i = 0; i < 10; i++) await watched.send({ kind: 'ring', pass: 0, round: i, body: bytes(20_000) });
    expect(performance.now() - started).toBeGreaterThan(80);
    for (let i = 0; i < 10; i++) expect((await receiver.receive()).round).toBe(i);
    expect(most).toBeGreaterThanOrEqual(highWater);
    expect(most).toBeLessThan(highWater + CHUNK);
  });
});

describe('a receive that is given up', () => {
  it('rejects with the reason, and leaves the message to who asks next', async () => {
    const [a, b] = channels();
    const end = new AbortController();
    const [first, second] = [b.receive(end.signal), b.receive()];
    end.abort(new Error('somebody else failed'));
    await expect(first).rejects.toThrow('somebody else failed');
    await expect(b.receive(end.signal)).rejects.toThrow('somebody else failed');
    for (const round of [1, 2]) await a.send({ kind: 'ring', pass: 0, round, body: bytes(3) });
    expect((await second).round).toBe(1);
    expect((await b.receive()).round).toBe(2);
  });

  it('is over once its message came', async () => {
    const [a, b] = channels();
    const end = new AbortController();
    const first = b.receive(end.signal);
    await a.send({ kind: 'ring', pass: 0, round: 1, body: bytes(3) });
    expect((await first).round).toBe(1);
    const second = b.receive();
    end.abort(new Error('too late'));
    await a.send({ kind: 'ring', pass: 0, round: 2, body: bytes(3) });
    expect((await second).round).toBe(2);
  });
});

describe('a tampered header', () => {
  const cases: [string, (header: DataView) => void, RegExp][] = [
    ['magic', (h) => h.setUint16(0, 0x1234, true), /magic: expected 0x5357, got 0x1234/],
    ['version', (h) => h.setUint8(2, 9), /version: expected 2, got 9/],
    ['kind', (h) => h.setUint8(3, 77), /kind: expected .*ring.*got 77/],
    ['sequence', (h) => h.setUint32(4, 5, true), /sequence: expected 0, got 5/],
    [
      'length above the limit',
      (h) => h.setUint32(16, 5_000_000, true),
      /length: expected at most 100000 bytes of ring, got 5000000/,
    ],
    ['length too short', (h) => h.setUint32(16, 10, true), /length: .*10 bytes.*got 70/],
    ['length too long', (h) => h.setUint32(16, 51, true), /length: .*51 bytes of which 50 came.*1 bytes; got 70/],
  ];
  it.each(cases)('%s: is named to both sides', async (_, change, error) => {
    const [a, b] = channels(tamperHeader(change), 100_000);
    const waiting = b.receive().catch((e) => e);
    a.send({ kind: 'ring', pass: 0, round: 0, body: bytes(50) }).catch(() => {});
    a.send({ kind: 'ring', pass: 0, round: 1, body: bytes(50) }).catch(() => {});
    const failure = await waiting;
    expect(failure).toBeInstanceOf(FrameError);
    expect(failure.message).toMatch(error);
    await expect(b.receive()).rejects.toBe(failure);
    expect(await b.closed).toMatch(error);
    expect(await a.closed).toMatch(/the other side could not read/);
    expect(await a.closed).toMatch(error);
  });

  it('a chunk too many, too few, too long or too short is an error', async () => {
    const changes = [
      () => undefined,
      (chunk: Uint8Array) => chunk.subarray(1),
      (chunk: Uint8Array) => Uint8Array.of(...chunk, 0),
    ];
    for (const change of changes) {
      let sent = 0;
      const [a, b] = channels({ tamper: (chunk, from) => (from === 0 && sent++ === 1 ? change(chunk) : chunk) });
      a.send({ kind: 'ring', pass: 0, round: 0, body: bytes(2 * CHUNK) }).catch(() => {});
      await expect(b.receive()).rejects.toThrow(/length: message 0 has 512 bytes/);
    }
    const [a, b] = channels({ tamper: (chunk, from) => (from === 0 ? chunk.subarray(0, 7) : chunk) });
    a.send({ kind: 'ring', pass: 0, round: 0, body: bytes(9) }).catch(() => {});
    await expect(b.receive()).rejects.toThrow('header: expected 20 bytes or more, got a chunk of 7');
  });

  it('a lost and a repeated message are errors', async () => {
    let seen = 0;
    const [a, b] = channels({ tamper: (chunk) => (seen++ === 1 ? undefined : chunk) });
    for (let i = 0; i < 3; i++) a.send({ kind: 'ring', pass: 0, round: i, body: bytes(4) }).catch(() => {});
    expect((await b.receive()).round).toBe(0);
    await expect(b.receive()).rejects.toThrow('sequence: expected 1, got 2');
  });
});

describe('closing', () => {
  it('tells the other side why, after delivering what came before', async () => {
    const [a, b] = channels();
    a.send({ kind: 'ring', pass: 0, round: 3, body: bytes(1000) });
    await a.send({ kind: 'ring', pass: 0, round: 4, body: bytes(10) });
    a.close('the data owner stopped');
    expect(await b.closed).toBe('the data owner stopped');
    expect((await b.receive()).round).toBe(3);
    expect((await b.receive()).round).toBe(4);
    await expect(b.receive()).rejects.toThrow(new ChannelClosed('the data owner stopped'));
    await expect(b.send({ kind: 'ring', pass: 0, round: 0, body: bytes(1) })).rejects.toBeInstanceOf(ChannelClosed);
  });

  it('rejects what is pending on both sides', async () => {
    const [a, b] = channels({ bytesPerSecond: 1e6, highWater: CHUNK });
    const pending = [
      a.receive(),
      b.receive(),
      a.send({ kind: 'ring', pass: 0, round: 0, body: bytes(100_000) }),
      a.send({ kind: 'ring', pass: 0, round: 1, body: bytes(100_000) }),
    ];
    const outcomes = Promise.allSettled(pending);
    setTimeout(() => a.close('enough'), 5);
    for (const outcome of await outcomes)
      expect(outcome).toEqual({ status: 'rejected', reason: new ChannelClosed('enough') });
    expect(a.sent.messages).toBe(0);
  });

  it('in the middle of a long message still gives the reason, and keeps only the first one', async () => {
    const [a, b] = channels({ bytesPerSecond: 1e6, highWater: CHUNK });
    a.send({ kind: 'tensor', pass: 0, round: 0, body: bytes(200_000) }).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 10));
    a.close('first');
    a.close('second');
    expect(await a.closed).toBe('first');
    expect(await b.closed).toBe('first');
    await expect(b.receive()).rejects.toThrow('first');
  });

  it('a link that breaks ends the channel with the link’s reason', async () => {
    const [a, b] = memoryPair();
    const channel = new FramedChannel(a);
    b.close('gone');
    expect(await channel.closed).toBe('the other side hung up');
    await expect(channel.receive()).rejects.toBeInstanceOf(ChannelClosed);
  });

  it('says goodbye as version 1 did, which every version can read', () => {
    const chunk = Uint8Array.of(0x57, 0x53, 1, 0, 9, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0x6e, 0x6f);
    expect(readGoodbye(chunk)).toBe('no');
    const said: Uint8Array[] = [];
    const link = { maxChunk: CHUNK, onchunk: undefined, onclose: undefined, close() {} };
    new FramedChannel({ ...link, send: async (chunk) => void said.push(chunk) }).close('no');
    expect(said).toEqual([chunk.with(2, FRAME_VERSION).with(4, 0)]);
  });

  it('cuts a reason that is too long', async () => {
    const [a, b] = channels({ maxChunk: undefined });
    a.close('x'.repeat(100_000));
    expect(await b.closed).toBe('x'.repeat(1024));
  });
});
