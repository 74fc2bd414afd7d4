/** Where vectors are placed in linear memory. */
import { describe, expect, it } from 'vitest';
import { Heap } from '../../src/compute/wasm/heap';
import { Random } from './conformance';

const PAGE = 65536;

describe('Heap', () => {
  it('never gives a byte twice, and all of it back', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const heap = new Heap(memory, 1000);
    const random = new Random(1);
    const held: { start: number; size: number }[] = [];
    for (let step = 0; step < 3000; step++) {
      if (held.length > 0 && random.integer(0, 9) < 5) {
        const [gone] = held.splice(random.integer(0, held.length - 1), 1);
        heap.release(gone!.start);
      } else {
        const size = random.pick(0, 1, 64, 65, random.integer(1, 300_000));
        const start = heap.allocate(size);
        expect(start).toBeGreaterThanOrEqual(1000);
        expect(start % 64).toBe(0);
        expect(start + size).toBeLessThanOrEqual(memory.buffer.byteLength);
        const clash = held.find((other) => start < other.start + Math.max(1, other.size) && other.start < start + size);
        expect(clash).toBeUndefined();
        held.push({ start, size });
      }
    }
    const grown = memory.buffer.byteLength;
    for (const { start } of held) heap.release(start);
    expect(heap.allocate(grown - 1024)).toBe(1024);
    expect(memory.buffer.byteLength).toBe(grown);
  });

  it('uses again what was given back, neighbours as one', () => {
    const memory = new WebAssembly.Memory({ initial: 16 });
    const heap = new Heap(memory, 0);
    const blocks = Array.from({ length: 16 }, () => heap.allocate(PAGE));
    for (const block of [1, 3, 2]) heap.release(blocks[block]!);
    expect(heap.allocate(3 * PAGE)).toBe(blocks[1]);
    expect(memory.buffer.byteLength).toBe(16 * PAGE);
  });

  it('refuses to take back what it did not give', () => {
    const heap = new Heap(new WebAssembly.Memory({ initial: 1 }), 0);
    const block = heap.allocate(10);
    heap.release(block);
    expect(() => heap.release(block)).toThrow(/no block/);
  });

  it('says how much there is where memory ends', () => {
    const heap = new Heap(new WebAssembly.Memory({ initial: 16, maximum: 32 }), 0);
    expect(() => heap.allocate(2 ** 21 + 1)).toThrow(
      /1 MiB of memory and gets no more for a vector of 3 MiB.*smaller batch/,
    );
    expect(heap.allocate(2 ** 21)).toBe(0);
    expect(() => heap.allocate(2 ** 32)).toThrow(RangeError);
  });
});
