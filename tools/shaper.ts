/**
 * Lines with a latency and a bandwidth, shaped in user space: between whoever calls and a server on this machine, so that real browsers can be had
 * far from each other where the kernel cannot delay packets.
 *
 * How to think of it. A `Lane` is one direction of a line: a queue before a bottleneck, and the way behind it. `shapeUdp` and `shapeTcp` stand before
 * a server's port with two lanes, one each way, shared by all who call.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface LineShape {
  /** One way, in milliseconds. */
  latencyMs: number;
  /** Each way; infinite: no limit. */
  bitsPerSecond: number;
}

/** What the queue before a bottleneck holds: so many milliseconds' worth, as usual routers do, but a burst of a few packets at least. */
const QUEUE_MS = 200;
const LEAST_QUEUE = 64 * 1024;

export interface Clock {
  /** In milliseconds. */
  now(): number;
  /** Calls back after so many milliseconds, or a little sooner or later. */
  after(ms: number, call: () => void): void;
}

const CLOCK: Clock = {
  now: () => performance.now(),
  // Timers know whole milliseconds only: what is left of one is waited for by looking again and again.
  after: (ms, call) => (ms >= 1 ? setTimeout(call, Math.floor(ms)) : setImmediate(call)),
};

export class Lane {
  /** When all that was taken is through the bottleneck. */
  #freeAt = 0;
  /** In the order of arrival. */
  readonly #underWay: { at: number; deliver: () => void }[] = [];
  #waiting = false;
  #restUntil = 0;
  /** Packets for which there was no room. */
  dropped = 0;

  /** `atOnce`: what is delivered in a millisecond at most. */
  constructor(
    public shape: LineShape,
    private readonly clock: Clock = CLOCK,
    private readonly atOnce = Number.POSITIVE_INFINITY,
  ) {}

  /** Milliseconds' worth of what waits before the bottleneck. */
  get backlogMs(): number {
    return Math.max(0, this.#freeAt - this.clock.now());
  }

  /** Takes so many bytes, to be delivered when they have come through; false, and nothing, where the queue has no room for them. */
  offer(bytes: number, deliver: () => void): boolean {
    const { bitsPerSecond } = this.shape;
    const queued = (this.backlogMs * bitsPerSecond) / 8000;
    if (this.backlogMs > QUEUE_MS && queued > LEAST_QUEUE) {
      this.dropped++;
      return false;
    }
    this.put(bytes, deliver);
    return true;
  }

  /** The same where there is always room. */
  put(bytes: number, deliver: () => void): void {
    const { latencyMs, bitsPerSecond } = this.shape;
    this.#freeAt = Math.max(this.#freeAt, this.clock.now()) + (8000 * bytes) / bitsPerSecond;
    // Nothing overtakes what came before, also where the line has just become shorter.
    const at = Math.max(this.#freeAt + latencyMs, this.#underWay.at(-1)?.at ?? 0);
    this.#underWay.push({ at, deliver });
    this.#wait();
  }

  /** What is under way is lost. */
  clear(): void {
    this.#underWay.length = 0;
  }

  #wait(): void {
    const [head] = this.#underWay;
    if (!head || this.#waiting) return;
    const ms = head.at - this.clock.now();
    this.#waiting = true;
    this.clock.after(Math.max(ms, this.#restUntil - this.clock.now()), () => {
      this.#waiting = false;
      this.#deliverDue();
    });
  }

  #deliverDue(): void {
    const now = this.clock.now();
    let due = 0;
    while (due < Math.min(this.atOnce, this.#underWay.length) && this.#underWay[due]!.at <= now) due++;
    if (due === this.atOnce) this.#restUntil = now + 1;
    for (const { deliver } of this.#underWay.splice(0, due)) deliver();
    this.#wait();
  }
}

export interface Shaper {
  port: number;
  /** To the server, and from it. */
  lanes: Record<'there' | 'back', Lane>;
  close(): void;
}

const HOST = '127.0.0.1';
/** Of a UDP socket, in bytes: browsers send what their window allows at once, and what finds no room is lost. */
const BUFFER = 4 << 20;
/**
 * Packets at once, a millisecond apart: a timer that comes late would else hand over more at once than the buffers of browsers
 * and of coturn take, as no line of that bandwidth does.
 */
const PACKETS_AT_ONCE = 24;
/** What a TCP shaper takes in before it is through the bottleneck, in milliseconds' worth. */
const TCP_BACKLOG_MS = 20;

const lanesOf = (shape: LineShape, atOnce?: number) => ({
  there: new Lane(shape, CLOCK, atOnce),
  back: new Lane(shape, CLOCK, atOnce),
});

/** Before a UDP port of this machine. What the queue has no room for is lost. */
export async function shapeUdp(target: number, shape: LineShape): Promise<Shaper> {
  const lanes = lanesOf(shape, PACKETS_AT_ONCE);
  const outside = createSocket({ type: 'udp4', recvBufferSize: BUFFER, sendBufferSize: BUFFER });
  const inside = new Map<number, UdpSocket>();
  const towards = (from: number): UdpSocket => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: BUFFER, sendBufferSize: BUFFER });
    inside.set(from, socket);
    socket.on('message', (packet) => lanes.back.offer(packet.length, () => outside.send(packet, from, HOST)));
    return socket;
  };
  outside.on('message', (packet, { port }) => {
    const socket = inside.get(port) ?? towards(port);
    lanes.there.offer(packet.length, () => socket.send(packet, target, HOST));
  });
  outside.bind(0, HOST);
  await once(outside, 'listening');
  const close = () => {
    for (const lane of Object.values(lanes)) lane.clear();
    for (const socket of [outside, ...inside.values()]) socket.close();
  };
  return { port: outside.address().port, lanes, close };
}

/** Before a TCP port of this machine: the line of a perfect connection, which loses nothing and is as fast at its beginning as later. */
export async function shapeTcp(target: number, shape: LineShape): Promise<Shaper> {
  const lanes = lanesOf(shape);
  const sockets = new Set<Socket>();
  const pass = (from: Socket, to: Socket, lane: Lane) => {
    sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      from.pause();
      lane.put(chunk.length, () => to.write(chunk));
      const ms = lane.backlogMs - TCP_BACKLOG_MS;
      CLOCK.after(ms, () => from.resume());
    });
    from.on('end', () => lane.put(0, () => to.end()));
    from.on('close', () => {
      sockets.delete(from);
      lane.put(0, () => to.destroy());
    });
    from.on('error', () => {}); // a close follows
  };
  const server = createServer((outside) => {
    const inside = connect(target, HOST);
    pass(outside, inside, lanes.there);
    pass(inside, outside, lanes.back);
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const close = () => {
    server.close();
    for (const lane of Object.values(lanes)) lane.clear();
    for (const socket of sockets) socket.destroy();
  };
  return { port, lanes, close };
}
