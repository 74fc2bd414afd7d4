/** Flights of any size over messages of a bounded one. */
import { describe, expect, it } from 'vitest';
import type { Vector } from '../../src/compute/backend';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { FlightReader, FlightWriter } from '../../src/mpc/flight';
import { type Part, partBytes } from '../../src/mpc/operation';
import type { Message } from '../../src/net/channel';
import { FramedChannel, MOST_BODY } from '../../src/net/frames';
import { memoryPair } from '../../src/net/memory';
import { SeededRandom } from '../../src/random/generator';
import { seedFromNumber } from '../../src/random/seed';
import { wordsFor } from '../../src/ring/ring';
import { bits } from '../../src/ring/units';

const backend = new CpuBackend();
const NAME = { pass: 3, round: 5 };

const pair = () => memoryPair().map((link) => new FramedChannel(link)) as [FramedChannel, FramedChannel];

/** Uniform elements of these widths, right in all their words. */
function randomVectors(parts: Part[], seed: number): Vector[] {
  const key = new Uint32Array(8).fill(seed);
  return parts.map(({ n, bits }, i) => {
    const stream = backend.keystream(key, Uint32Array.of(i, 0, 0), Math.ceil((n * bits) / 32));
    return backend.unpack(stream, n, bits);
  });
}

/** Millions of words are compared faster as bytes. */
async function same(a: Vector, b: Vector): Promise<boolean> {
  const [x, y] = await Promise.all([backend.read(a), backend.read(b)]);
  return Buffer.from(x.buffer).equals(Buffer.from(y.buffer));
}

async function send(parts: Part[], vectors: Vector[], channel: FramedChannel, name = NAME): Promise<void> {
  const writer = new FlightWriter(backend, channel, name, partBytes(parts));
  for (const [i, part] of parts.entries()) await writer.write([vectors[i]!], [part]);
  writer.end();
}

const reader = (parts: Part[], channel: FramedChannel) =>
  new FlightReader(backend, channel, 'the other side', NAME, partBytes(parts));

const part = (n: number, width: number): Part => ({ n, bits: bits(width) });

describe('a flight', () => {
  it('arrives as it was sent, whatever its vectors, and no message is longer than may be', async () => {
    const random = new SeededRandom(seedFromNumber(4), 'flights');
    const large = Math.floor((MOST_BODY * 8) / 33);
    for (let round = 0; round < 12; round++) {
      const parts = Array.from({ length: 1 + random.integer(5) }, () =>
        part(1 + random.integer(round % 4 === 3 ? 3 * large : 50), 1 + random.integer(64)),
      );
      const vectors = randomVectors(parts, round);
      const [here, there] = pair();
      const lengths: number[] = [];
      const receive = there.receive.bind(there);
      there.receive = async () => {
        const message = await receive();
        lengths.push(message.body.length);
        return message;
      };
      const sending = send(parts, vectors, here);
      const flight = reader(parts, there);
      for (const [i, expected] of parts.entries()) {
        const found = await flight.read(expected);
        expect(found.words).toBe(wordsFor(expected.bits));
        expect(await same(found, vectors[i]!)).toBe(true);
      }
      await sending;
      // All full but for the last: nothing about what is said but its length.
      const total = partBytes(parts);
      expect(lengths).toEqual([
        ...new Array(Math.floor(total / MOST_BODY)).fill(MOST_BODY),
        ...(total % MOST_BODY ? [total % MOST_BODY] : []),
      ]);
      expect(here.sent.body.ring).toBe(total);
    }
  });

  it('is unpacked as it arrives', async () => {
    const parts = [part(10, 7), part((MOST_BODY / 4) * 2, 32)];
    const vectors = randomVectors(parts, 1);
    const [here, there] = pair();
    const writer = new FlightWriter(backend, here, NAME, partBytes(parts));
    const flight = reader(parts, there);
    // The first vector is small: it comes with the first message, of which the second fills the rest.
    const first = flight.read(parts[0]!);
    const sending = writer.write(vectors, parts);
    expect(await same(await first, vectors[0]!)).toBe(true);
    expect(there.received.messages).toBeLessThan(3);
    await flight.read(parts[1]!);
    await sending;
    expect(there.received.messages).toBe(3);
  });

  it.each([
    ['another pass', { pass: 4, round: 5 }, /sent pass 4, round 5 where pass 3, round 5 was due/],
    ['another round', { pass: 3, round: 2 }, /sent pass 3, round 2 where pass 3, round 5 was due/],
    ['a round beyond ten bits', { pass: 3, round: 5 + 1024 }, /sent pass 3, round 1029 where pass 3, round 5 was due/],
  ])('of %s is refused', async (_, name, message) => {
    const parts = [part(4, 9)];
    const [here, there] = pair();
    await send(parts, randomVectors(parts, 1), here, name);
    await expect(reader(parts, there).read(parts[0]!)).rejects.toThrow(message);
  });

  it.each<[string, Partial<Message>, RegExp]>([
    ['a message that is too long', { body: new Uint8Array(12) }, /sent 12 bytes for round 5; it should be 8/],
    ['a message that is too short', { body: new Uint8Array(4) }, /sent 4 bytes for round 5; it should be 8/],
    ['an empty message', { body: new Uint8Array(0) }, /sent 0 bytes for round 5; it should be 8/],
    ['a message of another kind', { kind: 'tensor' }, /sent a tensor message where the protocol's round 5 was due/],
  ])('with %s is refused', async (_, change, message) => {
    const [here, there] = pair();
    await here.send({ kind: 'ring', ...NAME, body: new Uint8Array(8), ...change });
    await expect(reader([part(4, 9)], there).read(part(4, 9))).rejects.toThrow(message);
  });

  it('cannot be longer, shorter or shaped otherwise than was said', async () => {
    const parts = [part(4, 9), part(4, 9)];
    const vectors = randomVectors(parts, 1);
    const [here] = pair();
    const writer = new FlightWriter(backend, here, NAME, partBytes(parts));
    await writer.write([vectors[0]!], [parts[0]!]);
    expect(() => writer.end()).toThrow('8 bytes short');
    await writer.write([vectors[1]!], [parts[1]!]);
    writer.end();
    await expect(writer.write([vectors[1]!], [parts[1]!])).rejects.toThrow('longer than the plan says');
    await expect(writer.write([vectors[1]!], [part(5, 9)])).rejects.toThrow('does not have the shape');
    await expect(writer.write(vectors, [part(4, 9)])).rejects.toThrow('does not have the shape');
  });
});
