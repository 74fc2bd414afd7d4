/**
 * Listens on an in-memory line: the messages that passed, put together from their chunks, and a flight of several ring messages
 * (one side's, of one pass and round) put together from them. For tests only.
 */

import { runTraffic } from '../../src/mpc/ahead';
import { correctionsOf } from '../../src/mpc/corrections';
import { type Part, partBytes } from '../../src/mpc/operation';
import type { Plan, PlanNode } from '../../src/mpc/plan';
import type { Message, MessageKind } from '../../src/net/channel';
import { HEADER_BYTES, readGoodbye } from '../../src/net/frames';
import type { MemoryOptions } from '../../src/net/memory';
import { packedBytes } from '../../src/ring/ring';

export interface Heard extends Message {
  /** Which end of the pair sent it. */
  from: 0 | 1;
}

/** Kind, pass, round and length of messages: all that one sees of them without their contents. */
export const outline = (messages: readonly Message[]): string[] =>
  messages.map((m) => `${m.kind} ${m.pass}/${m.round} ${m.body.length}`);

const NOTHING = new Uint8Array();
const KINDS: Record<number, MessageKind> = { 1: 'control', 2: 'ring', 3: 'tensor' };

export class Tap {
  readonly messages: Heard[] = [];
  /** Why a side said goodbye. */
  readonly goodbyes: string[] = [];
  private readonly pending: [Uint8Array, Uint8Array] = [NOTHING, NOTHING];
  private readonly last: [Heard | undefined, Heard | undefined] = [undefined, undefined];

  /** For the options of a pair of links. */
  readonly options: MemoryOptions = {
    tamper: (chunk, from) => {
      this.hear(chunk.slice(), from);
      return chunk;
    },
  };

  /** Bodies of one kind that one end sent, those of a flight as one. */
  bodies(from: 0 | 1, kind: MessageKind): Uint8Array[] {
    return this.messages.filter((m) => m.from === from && m.kind === kind).map(({ body }) => body);
  }

  private hear(chunk: Uint8Array, from: 0 | 1): void {
    const goodbye = readGoodbye(chunk);
    if (goodbye !== undefined) {
      this.goodbyes.push(goodbye);
      return;
    }
    const bytes = joined(this.pending[from], chunk);
    const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
    const whole = bytes.length === HEADER_BYTES + header.getUint32(16, true);
    this.pending[from] = whole ? NOTHING : bytes;
    const kind = KINDS[header.getUint8(3)];
    if (!whole || !kind) return;
    const [pass, round] = [header.getUint32(8, true), header.getUint32(12, true)];
    const body = bytes.subarray(HEADER_BYTES);
    const last = this.last[from];
    if (kind === 'ring' && last?.kind === kind && last.pass === pass && last.round === round) {
      last.body = joined(last.body, body);
      return;
    }
    const message = { kind, pass, round, body, from };
    this.messages.push(message);
    this.last[from] = message;
  }
}

/** One part of a flight: whose it is, its type, its bytes. */
export interface Slice extends Part {
  node: PlanNode;
  /** Which part of the node's. */
  index: number;
  bytes: Uint8Array;
}

type Direction = 'toModelOwner' | 'toDataOwner' | 'dealt to model-owner' | 'dealt to data-owner';

function partsOf(node: PlanNode, direction: Direction, isAhead: boolean): Part[] {
  if (direction === 'dealt to model-owner') return correctionsOf(node, 'model-owner');
  if (direction === 'dealt to data-owner') return correctionsOf(node, 'data-owner');
  return runTraffic(node, isAhead)[direction];
}

/** Cuts a round's flight where the plan says; `isAhead`: of a pass that was prepared ahead. */
export function slices(plan: Plan, round: number, direction: Direction, body: Uint8Array, isAhead = false): Slice[] {
  const nodes = plan.nodes.filter((node) => node.round === round);
  const out: Slice[] = [];
  let at = 0;
  for (const node of nodes) {
    for (const [index, { n, bits }] of partsOf(node, direction, isAhead).entries()) {
      const length = packedBytes(n, bits);
      out.push({ node, index, n, bits, bytes: body.subarray(at, at + length) });
      at += length;
    }
  }
  if (at !== body.length) throw new Error(`round ${round} has ${body.length} bytes where the plan says ${at}`);
  return out;
}

/** The masked matrices of one owner, from the set-up's flight: pass 0, round 0. */
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
  const word = (bytes[byte] ?? 0) | ((bytes[byte + 1] ?? 0) << 8) | ((bytes[byte + 2] ?? 0) << 16);
  return (word >>> (from & 7)) & ((1 << count) - 1);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
