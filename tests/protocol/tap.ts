/** Listens on an in-memory line: the messages that passed, put together from their chunks. For tests only. */
import type { Message, MessageKind } from '../../src/net/channel';
import { HEADER_BYTES } from '../../src/net/frames';
import type { MemoryOptions } from '../../src/net/memory';
import { partBytes } from '../../src/program/cost';
import type { Plan, PlanNode } from '../../src/program/plan';
import type { Part } from '../../src/protocol/operation';
import { trafficOf } from '../../src/protocol/operations';
import { packedBytes } from '../../src/ring/ring';

export interface Heard extends Message {
  /** Which end of the pair sent it. */
  from: 0 | 1;
}

const KINDS: Record<number, MessageKind> = { 1: 'control', 2: 'ring', 3: 'tensor' };

export class Tap {
  readonly messages: Heard[] = [];
  /** Why a side said goodbye. */
  readonly goodbyes: string[] = [];
  private readonly pending: (Uint8Array[] | undefined)[] = [undefined, undefined];

  /** For the options of a pair of links. */
  readonly options: MemoryOptions = {
    tamper: (chunk, from) => {
      this.hear(chunk.slice(), from);
      return chunk;
    },
  };

  /** Bodies of one kind that one end sent. */
  bodies(from: 0 | 1, kind: MessageKind): Uint8Array[] {
    return this.messages.filter((m) => m.from === from && m.kind === kind).map(({ body }) => body);
  }

  private hear(chunk: Uint8Array, from: 0 | 1): void {
    const chunks = [...(this.pending[from] ?? []), chunk];
    const header = new DataView(chunks[0]!.buffer, chunks[0]!.byteOffset, HEADER_BYTES);
    const length = header.getUint32(12, true);
    if (chunks.reduce((sum, c) => sum + c.length, 0) < HEADER_BYTES + length) {
      this.pending[from] = chunks;
      return;
    }
    this.pending[from] = undefined;
    const whole = new Uint8Array(HEADER_BYTES + length);
    let at = 0;
    for (const c of chunks) {
      whole.set(c, at);
      at += c.length;
    }
    const kind = KINDS[header.getUint8(3)];
    const body = whole.subarray(HEADER_BYTES);
    if (kind) this.messages.push({ kind, tag: header.getUint32(8, true), body, from });
    else this.goodbyes.push(new TextDecoder().decode(body));
  }
}

/** One part of a ring message: whose it is, its type, its bytes. */
export interface Slice extends Part {
  node: PlanNode;
  /** Which part of the node's. */
  index: number;
  bytes: Uint8Array;
}

type Direction = 'toModelOwner' | 'toDataOwner' | 'dealt';

/** Cuts a round's message where the plan says. */
export function slices(plan: Plan, round: number, direction: Direction, body: Uint8Array): Slice[] {
  const nodes = plan.nodes.filter((node) => node.round === round);
  const out: Slice[] = [];
  let at = 0;
  for (const node of nodes) {
    for (const [index, { n, bits }] of trafficOf(node)[direction].entries()) {
      const length = packedBytes(n, bits);
      out.push({ node, index, n, bits, bytes: body.subarray(at, at + length) });
      at += length;
    }
  }
  if (at !== body.length) throw new Error(`round ${round} has ${body.length} bytes where the plan says ${at}`);
  return out;
}

/** The masked matrices of one owner, from the set-up's message. */
export function setupSlices(plan: Plan, owner: 'data-owner' | 'model-owner', body: Uint8Array) {
  let at = 0;
  return plan.weights
    .filter((weight) => weight.owner === owner)
    .map(({ name, inputs, outputs, bits }) => {
      const part = { n: inputs * outputs, bits };
      const bytes = body.subarray(at, at + partBytes([part]));
      at += bytes.length;
      return { name, ...part, bytes };
    });
}

/** `count` ≤ 16 bits of a tight little-endian bit string. */
export function bitsAt(bytes: Uint8Array, from: number, count: number): number {
  const byte = from >>> 3;
  const word = bytes[byte]! | ((bytes[byte + 1] ?? 0) << 8) | ((bytes[byte + 2] ?? 0) << 16);
  return (word >>> (from & 7)) & ((1 << count) - 1);
}
