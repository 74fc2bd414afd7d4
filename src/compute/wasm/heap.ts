/**
 * Places blocks in linear memory. Memory grows when it has to and never shrinks, so that what is given back is used again: the smallest
 * free block that is large enough, and neighbours that are free become one.
 */

/** Blocks are whole multiples of this many bytes, and start at one. */
const GRAIN = 64;
const PAGE = 65536;
/** Growing moves nothing but costs a system call: at least this many bytes at a time. */
const LEAST_GROWTH = 2 ** 22;

interface Block {
  start: number;
  size: number;
}

const roundUp = (n: number, unit: number) => Math.ceil(n / unit) * unit;

export class Heap {
  readonly #memory: WebAssembly.Memory;
  /** By address. */
  readonly #free: Block[] = [];
  readonly #sizes = new Map<number, number>();

  /** All of `memory` from byte `base` on is the heap's. */
  constructor(memory: WebAssembly.Memory, base: number) {
    this.#memory = memory;
    const start = roundUp(base, GRAIN);
    const size = memory.buffer.byteLength - start;
    if (size > 0) this.#free.push({ start, size });
  }

  /** Returns the address of `bytes` bytes, which hold anything. Throws RangeError where memory ends. */
  allocate(bytes: number): number {
    const size = Math.max(GRAIN, roundUp(bytes, GRAIN));
    const block = this.#smallest(size) ?? this.#grow(size);
    const { start } = block;
    block.start += size;
    block.size -= size;
    if (block.size === 0) this.#free.splice(this.#free.indexOf(block), 1);
    this.#sizes.set(start, size);
    return start;
  }

  /** Takes back what `allocate` returned. */
  release(start: number): void {
    const size = this.#sizes.get(start);
    if (size === undefined) throw new Error(`no block starts at byte ${start}`);
    this.#sizes.delete(start);
    this.#insert({ start, size });
  }

  #smallest(size: number): Block | undefined {
    let best: Block | undefined;
    for (const block of this.#free) if (block.size >= size && (!best || block.size < best.size)) best = block;
    return best;
  }

  #insert({ start, size }: Block): Block {
    let [from, to] = [0, this.#free.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#free[middle]!.start < start) from = middle + 1;
      else to = middle;
    }
    const before = this.#free[from - 1];
    const after = this.#free[from];
    const joinsBefore = before !== undefined && before.start + before.size === start;
    const joinsAfter = after !== undefined && start + size === after.start;
    const merged = {
      start: joinsBefore ? before.start : start,
      size: size + (joinsBefore ? before.size : 0) + (joinsAfter ? after.size : 0),
    };
    this.#free.splice(joinsBefore ? from - 1 : from, Number(joinsBefore) + Number(joinsAfter), merged);
    return merged;
  }

  /** A free block at the end of memory that is large enough. */
  #grow(size: number): Block {
    const end = this.#memory.buffer.byteLength;
    const last = this.#free.at(-1);
    const there = last && last.start + last.size === end ? last.size : 0;
    const needed = roundUp(size - there, PAGE);
    const generous = Math.max(needed, LEAST_GROWTH);
    if (!this.#grew(generous) && !this.#grew(needed)) throw this.#exhausted(size);
    return this.#insert({ start: end, size: this.#memory.buffer.byteLength - end });
  }

  /** Whether there was that much more to be had. */
  #grew(bytes: number): boolean {
    try {
      this.#memory.grow(bytes / PAGE);
      return true;
    } catch {
      return false;
    }
  }

  #exhausted(size: number): RangeError {
    const held = (this.#memory.buffer.byteLength / 2 ** 20).toFixed(0);
    return new RangeError(
      `WebAssembly has ${held} MiB of memory and gets no more for a vector of ${Math.ceil(size / 2 ** 20)} MiB; ` +
        'it can have 4096 MiB at most. Choose a smaller batch or a smaller model.',
    );
  }
}
