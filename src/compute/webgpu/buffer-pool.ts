/**
 * Storage buffers that are used again instead of being made again: a protocol step makes the same vectors over and over.
 *
 * Sizes are rounded up to four classes an octave, so that a released buffer fits the next vector of about its size. A buffer may be
 * taken again while commands that use it still wait, because commands run in order. Only `writeBuffer` runs ahead of the commands
 * not yet submitted; a buffer for it must not occur in them.
 */

const SMALLEST = 256;

export interface PooledBuffer {
  buffer: GPUBuffer;
  /** The last batch of commands that mentions it. */
  batch: number;
}

function sizeClass(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const step = 2 ** (Math.ceil(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
}

export class BufferPool {
  readonly #device: GPUDevice;
  readonly #free = new Map<number, PooledBuffer[]>();
  #freeBytes = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A buffer of at least `bytes`, with anything in it; never one mentioned in batch `except`. */
  take(bytes: number, except?: number): PooledBuffer {
    const size = sizeClass(bytes);
    const candidates = this.#free.get(size) ?? [];
    const at = candidates.findLastIndex(({ batch }) => batch !== except);
    if (at < 0) {
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      return { buffer: this.#device.createBuffer({ size, usage }), batch: -1 };
    }
    this.#freeBytes -= size;
    return candidates.splice(at, 1)[0]!;
  }

  giveBack(pooled: PooledBuffer): void {
    const { size } = pooled.buffer;
    const candidates = this.#free.get(size);
    if (candidates) candidates.push(pooled);
    else this.#free.set(size, [pooled]);
    this.#freeBytes += size;
  }

  /** Gives what is free back to the device. No waiting commands may mention it. */
  trim(): void {
    for (const { buffer } of [...this.#free.values()].flat()) buffer.destroy();
    this.#free.clear();
    this.#freeBytes = 0;
  }
}
