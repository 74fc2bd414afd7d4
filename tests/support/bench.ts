/** Operations of the protocol driven one by one, on nodes made by hand: three roles without wires, plans or models. For tests only. */
import type { Backend, Vector } from '../../src/compute/backend';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import type { Shape } from '../../src/graph/shape';
import { MaskStream } from '../../src/mpc/mask-stream';
import { DEALT_SLOT, type DealerContext, type Part, type PartyContext } from '../../src/mpc/operation';
import { rowOf, trafficOf } from '../../src/mpc/operations';
import type { NodeKind, NodeKinds, NodeOf, PlanNode, ShareNode } from '../../src/mpc/plan';
import { seedFromNumber } from '../../src/random/seed';
import { wordsFor } from '../../src/ring/ring';
import { bits as asBits, type Bits } from '../../src/ring/units';

/** Without units: tests count in plain numbers. */
type Plain<T> = { [P in keyof T]: T[P] extends number ? number : T[P] };

const ROLES = ['data-owner', 'model-owner'] as const;
type Role = (typeof ROLES)[number];

/** Planar words of integers modulo 2^64. */
export function wordsOf(values: ArrayLike<bigint>): Uint32Array {
  const n = values.length;
  const out = new Uint32Array(2 * n);
  for (let i = 0; i < n; i++) {
    out[i] = Number(BigInt.asUintN(32, values[i]!));
    out[n + i] = Number(BigInt.asUintN(32, values[i]! >> 32n));
  }
  return out;
}

export function integersOf(words: Uint32Array, n: number, bits: number): bigint[] {
  const two = words.length > n;
  return Array.from({ length: n }, (_, i) =>
    BigInt.asIntN(bits, (two ? BigInt(words[n + i]!) << 32n : 0n) | BigInt(words[i]!)),
  );
}

export class Bench {
  readonly backend: Backend = new CpuBackend();
  private readonly seeds: Record<Role, Uint8Array>;
  private readonly masks: Record<Role | 'dealer of data-owner' | 'dealer of model-owner', MaskStream>;
  private readonly noise: MaskStream;
  private readonly vectors = new Map<string, Vector>();
  private nodes = 0;

  constructor(seed = 1) {
    this.seeds = { 'data-owner': seedFromNumber(3 * seed), 'model-owner': seedFromNumber(3 * seed + 1) };
    const of = (role: Role) => new MaskStream(this.backend, this.seeds[role]);
    this.masks = {
      'data-owner': of('data-owner'),
      'model-owner': of('model-owner'),
      'dealer of data-owner': of('data-owner'),
      'dealer of model-owner': of('model-owner'),
    };
    this.noise = new MaskStream(this.backend, seedFromNumber(3 * seed + 2));
  }

  /** A node with an id of its own. */
  node<K extends NodeKind>(kind: K, fields: Plain<NodeKinds[K]> & { shape: Shape; bits: number }): NodeOf<K> {
    const id = this.nodes++;
    return { scale: 0, ...fields, kind, id, name: `node ${id}`, round: 1 } as unknown as NodeOf<K>;
  }

  /** An input whose shares are uniform over all 64 bits: what stands above `bits` is garbage. */
  input(values: bigint[], bits: number, shape: Shape = [values.length]): ShareNode {
    const node = this.node('input', { shape, bits });
    const n = values.length;
    const words = wordsFor(node.bits);
    const noise = (slot: number) => this.noise.draw({ pass: 1, node: node.id, slot }, n, asBits(64));
    const share = noise(0);
    const garbage = this.backend.affine(noise(1), bits < 64 ? 1n << BigInt(bits) : 0n, 0n, 2);
    const rest = this.backend.subtract(this.backend.upload(wordsOf(values), 2), share, 2);
    const shares = [share, this.backend.add(rest, garbage, 2)];
    for (const [i, role] of ROLES.entries()) {
      this.vectors.set(`${role} ${node.id} share`, this.backend.affine(shares[i]!, 1n, 0n, words));
    }
    return node;
  }

  /** Deals, says, hears, computes. */
  run<N extends PlanNode>(node: N): N {
    const protocol = rowOf<NodeKind>(node);
    const traffic = trafficOf(node);
    const corrections: Vector[] = [];
    protocol.deal?.(node, this.dealer(node, traffic.dealt, corrections));
    if (corrections.length !== traffic.dealt.length) throw new Error(`${node.kind} deals too little`);
    const parties = ROLES.map((role) => this.party(role, node, traffic.dealt, corrections));
    const [toModelOwner, toDataOwner] = (['toModelOwner', 'toDataOwner'] as const).map((direction, i) => {
      const parts = traffic[direction];
      if (parts.length === 0) return [];
      protocol.draw?.(node, parties[i]!);
      return this.cut(protocol.say!(node, parties[i]!), parts);
    });
    const opened =
      protocol.opens &&
      traffic.toModelOwner.map(({ bits }, i) => this.backend.add(toModelOwner![i]!, toDataOwner![i]!, wordsFor(bits)));
    protocol.hear?.(node, parties[0]!, opened ?? toDataOwner!);
    protocol.hear?.(node, parties[1]!, opened ?? toModelOwner!);
    for (const [i, role] of ROLES.entries()) {
      const share = protocol.compute?.(node, parties[i]!);
      if (share) this.vectors.set(`${role} ${node.id} share`, share);
    }
    return node;
  }

  /** The shares put together, signed modulo 2^bits. */
  async value(node: ShareNode): Promise<bigint[]> {
    const [a, b] = ROLES.map((role) => this.vectors.get(`${role} ${node.id} share`)!);
    const words = wordsFor(node.bits);
    const sum = this.backend.add(this.backend.affine(a!, 1n, 0n, words), b!, words);
    return integersOf(await this.backend.read(sum), sum.n, node.bits);
  }

  /** As after a wire: the low bits alone. */
  private cut(vectors: Vector[], parts: Part[]): Vector[] {
    return parts.map(({ n, bits }, i) => this.backend.unpack(this.backend.pack(vectors[i]!, bits), n, bits));
  }

  private get(owner: string, node: PlanNode, name: string): Vector {
    const v = this.vectors.get(`${owner} ${node.id} ${name}`);
    if (!v) throw new Error(`${owner} has no ${name} of ${node.name}`);
    return v;
  }

  private party(role: Role, node: PlanNode, dealt: Part[], corrections: Vector[]): PartyContext {
    let next = 0;
    const draw = (slot: number, n: number, bits: Bits) =>
      this.masks[role].draw({ pass: 1, node: node.id, slot }, n, bits);
    const none = (): never => {
      throw new Error('no matrices, inputs and outputs here');
    };
    return {
      backend: this.backend,
      isDataOwner: role === 'data-owner',
      share: (other) => this.get(role, other, 'share'),
      stored: (other, name) => this.get(role, other, name),
      store: (name, v) => void this.vectors.set(`${role} ${node.id} ${name}`, v),
      draw,
      dealt: () => {
        const index = next++;
        const { n, bits } = dealt[index]!;
        return role === 'data-owner'
          ? draw(DEALT_SLOT + index, n, bits)
          : this.cut([corrections[index]!], [{ n, bits }])[0]!;
      },
      matrix: none,
      bias: none,
      input: none,
      bits: none,
      output: none,
    };
  }

  private dealer(node: PlanNode, dealt: Part[], corrections: Vector[]): DealerContext {
    const draw = (role: Role, slot: number, n: number, bits: Bits) =>
      this.masks[`dealer of ${role}`].draw({ pass: 1, node: node.id, slot }, n, bits);
    return {
      backend: this.backend,
      draw,
      stored: (other, name) => this.get('dealer', other, name),
      store: (name, v) => void this.vectors.set(`dealer ${node.id} ${name}`, v),
      deal: (secret) => {
        const index = corrections.length;
        const { n, bits } = dealt[index]!;
        corrections.push(
          this.backend.subtract(secret, draw('data-owner', DEALT_SLOT + index, n, bits), wordsFor(bits)),
        );
      },
      mask: () => {
        throw new Error('no matrices here');
      },
    };
  }
}
