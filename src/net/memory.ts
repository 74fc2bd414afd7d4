/** Two link ends in one process, for tests. */
import { ChannelClosed } from './channel';
import { BaseLink, Gauge, MAX_CHUNK } from './link';

export interface MemoryOptions {
  maxChunk?: number;
  /** One way, in milliseconds. */
  latencyMs?: number;
  /** Each way. Default: no limit. */
  bytesPerSecond?: number;
  /** Bytes under way above which `send` waits. */
  highWater?: number;
  /** Sees each chunk before it is put on the line; what it returns travels instead, nothing if undefined. */
  tamper?: (chunk: Uint8Array, from: 0 | 1) => Uint8Array | undefined;
}

/** Delivery is asynchronous, in a task of its own, as on a network. A close reaches the other side without its reason. */
export function memoryPair(options: MemoryOptions = {}): [MemoryLink, MemoryLink] {
  const ends: [MemoryLink, MemoryLink] = [new MemoryLink(options, 0), new MemoryLink(options, 1)];
  ends[0].other = ends[1];
  ends[1].other = ends[0];
  return ends;
}

type Parcel = { at: number } & ({ chunk: Uint8Array; bytes: number } | { closed: true });

export class MemoryLink extends BaseLink {
  other!: MemoryLink;
  readonly #options: MemoryOptions;
  readonly #from: 0 | 1;
  readonly #gauge: Gauge;
  readonly #line: Parcel[] = [];
  #lineFreeAt = 0;
  #scheduled = false;

  constructor(options: MemoryOptions, from: 0 | 1) {
    super(options.maxChunk ?? MAX_CHUNK);
    this.#options = options;
    this.#from = from;
    this.#gauge = new Gauge(options.highWater, options.highWater && options.highWater / 4);
  }

  /** Bytes handed over and not delivered yet. */
  get underWay(): number {
    return this.#gauge.pending;
  }

  send(chunk: Uint8Array): Promise<void> {
    if (this.reason !== undefined) return Promise.reject(new ChannelClosed(this.reason));
    if (chunk.length > this.maxChunk)
      return Promise.reject(new RangeError(`a chunk of ${chunk.length} bytes is too long`));
    const { tamper, bytesPerSecond = Number.POSITIVE_INFINITY } = this.#options;
    const bytes = chunk.length;
    const travels = tamper ? tamper(chunk, this.#from) : chunk;
    if (!travels) return Promise.resolve();
    const room = this.#gauge.take(bytes);
    this.#lineFreeAt = Math.max(this.#lineFreeAt, performance.now()) + (1000 * bytes) / bytesPerSecond;
    this.#put({ at: this.#arrival(), chunk: travels, bytes });
    return room;
  }

  close(reason: string): void {
    if (this.reason !== undefined) return;
    this.#gauge.shut(reason);
    this.end(reason);
    this.#put({ at: this.#arrival(), closed: true });
  }

  #arrival(): number {
    return Math.max(this.#lineFreeAt, performance.now()) + (this.#options.latencyMs ?? 0);
  }

  #put(parcel: Parcel): void {
    this.#line.push(parcel);
    this.#schedule();
  }

  #schedule(): void {
    const head = this.#line[0];
    if (this.#scheduled || !head) return;
    this.#scheduled = true;
    const wait = head.at - performance.now();
    if (wait > 0) setTimeout(() => this.#deliverDue(), wait);
    else soon(() => this.#deliverDue());
  }

  #deliverDue(): void {
    this.#scheduled = false;
    const now = performance.now();
    for (let parcel = this.#line[0]; parcel && parcel.at <= now; parcel = this.#line[0]) {
      this.#line.shift();
      if ('closed' in parcel) this.other.lost();
      else {
        this.other.deliver(parcel.chunk);
        this.#gauge.give(parcel.bytes);
      }
    }
    this.#schedule();
  }

  /** The other end hung up. */
  protected lost(): void {
    const reason = 'the other side hung up';
    this.#gauge.shut(reason);
    this.end(reason);
  }
}

/** A task rather than a microtask, so that two chatting ends leave timers and events their turn; without a timer's delay. */
const soon: (task: () => void) => void = typeof setImmediate === 'function' ? setImmediate : messageTask();

function messageTask(): (task: () => void) => void {
  const tasks: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => tasks.shift()?.();
  return (task) => {
    tasks.push(task);
    port2.postMessage(null);
  };
}
