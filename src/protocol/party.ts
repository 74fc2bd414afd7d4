/**
 * A data owner or a model owner walking a plan on shares.
 *
 * In every round: say what all talking nodes have to say in one message, hear the other's, then compute what has become possible. Nothing
 * of the other role is here: a party holds its own seed, its own share of every tensor and its own matrices.
 */
import type { Backend, Vector } from '../compute/backend';
import type { Channel, Message } from '../net/channel';
import { partBytes } from '../program/cost';
import type { Plan, PlanNode, WeightPlan } from '../program/plan';
import { checkWeights, setupBytes, talks } from '../program/plan';
import { decode, encode, packedBytes, wordsFor } from '../ring/ring';
import { Masks } from './masks';
import { checkMessage, packMessage, tagOf, unpackPart } from './message';
import { DEALT_SLOT, type Part, type PartyContext } from './operation';
import { protocolOf, trafficOf } from './operations';
import { Workspace } from './workspace';

/** A private matrix in the clear, on its owner's side. */
export interface OwnMatrix {
  /** [inputs, outputs], row by row. */
  values: ArrayLike<number>;
  bias?: ArrayLike<number>;
}

export interface PartyOptions {
  role: 'data-owner' | 'model-owner';
  backend: Backend;
  /** 32 bytes from the dealer; nobody else but the dealer has them. */
  seed: Uint8Array;
  peer: Channel;
  dealer: Channel;
}

/** The data owner's private input of a pass. */
export interface PassInput {
  inputs: Record<string, ArrayLike<number>>;
  masks: Record<string, ArrayLike<number>>;
}

/** What a pass cost, as counted. */
export interface PassReport {
  rounds: number;
  toModelOwner: number;
  toDataOwner: number;
  dealt: number;
  byOperation: Record<string, { toModelOwner: number; toDataOwner: number; dealt: number; rounds: number }>;
  seconds: { total: number; peer: number; dealer: number };
}

/** A message's parts with the nodes that they belong to. */
interface Slot {
  node: PlanNode;
  parts: Part[];
}

export class Party {
  readonly isDataOwner: boolean;
  private readonly masks: Masks;
  private readonly matrices = new Map<string, Vector>();
  private readonly own = new Map<string, OwnMatrix>();
  private readonly biases = new Map<string, Vector>();
  private weights: WeightPlan[] = [];
  /** Pass 0 is the set-up; a pass's number never comes back. */
  private passes = 0;

  constructor(private readonly options: PartyOptions) {
    this.isDataOwner = options.role === 'data-owner';
    this.masks = new Masks(options.seed);
  }

  /**
   * Masks this party's matrices, sends them to the other and takes the other's. Once a session.
   * One message each way: every F = W − A modulo 2^bits, in the plan's order.
   */
  async setup(plan: Plan, own: Map<string, OwnMatrix>): Promise<void> {
    if (this.weights.length) throw new Error('the set-up of a session happens once');
    this.weights = plan.weights;
    const { backend, peer, role } = this.options;
    const mine: { index: number; weight: WeightPlan }[] = [];
    const theirs: WeightPlan[] = [];
    for (const [index, weight] of plan.weights.entries()) {
      if (weight.owner === role) mine.push({ index, weight });
      else theirs.push(weight);
    }
    const masked: Vector[] = [];
    for (const { index, weight } of mine) {
      const { name, scale, bits, inputs, outputs } = weight;
      const matrix = own.get(name);
      if (matrix?.values.length !== inputs * outputs) {
        throw new Error(`${name} needs a matrix of ${inputs} × ${outputs}, not ${matrix?.values.length} numbers`);
      }
      const words = wordsFor(bits);
      const w = backend.upload(encode(matrix.values, scale, words), words);
      const mask = this.masks.draw(backend, 0, index, 0, inputs * outputs, bits);
      masked.push(backend.subtract(w, mask, words));
      this.matrices.set(name, w);
      this.own.set(name, matrix);
      backend.release(mask);
    }
    const parts = mine.map(({ weight }) => ({ n: weight.inputs * weight.outputs, bits: weight.bits }));
    const body = await packMessage(backend, masked, parts, 'the set-up');
    for (const v of masked) backend.release(v);
    const expected = theirs.reduce((sum, weight) => sum + setupBytes(weight), 0);
    const [message] = await Promise.all([peer.receive(), peer.send({ kind: 'ring', tag: 0, body })]);
    checkMessage(message, this.peerName, 0, expected);
    let at = 0;
    for (const { name, inputs, outputs, bits } of theirs) {
      this.matrices.set(name, unpackPart(backend, message.body, at, { n: inputs * outputs, bits }));
      at += packedBytes(inputs * outputs, bits);
    }
    this.passes = 1;
  }

  /** The number that the next pass will have; both parties and the dealer count alike. */
  get nextPass(): number {
    return this.passes;
  }

  /**
   * One forward pass. The data owner gives its input and gets the readout's values [sequences, columns]; the model owner gets undefined.
   * Throws ProtocolError for a message of a wrong kind, order or length, ChannelClosed when somebody is gone; the pass is
   * then lost and nothing of it is returned.
   */
  async run(plan: Plan, input?: PassInput): Promise<{ output?: Float64Array; report: PassReport }> {
    checkWeights(plan, this.weights);
    const walk = new Walk(plan, this.options, this.masks, this.passes++, this.matrices, this.bias, input);
    return walk.run();
  }

  /** Gives back the device memory of the session. */
  release(): void {
    for (const v of [...this.matrices.values(), ...this.biases.values()]) this.options.backend.release(v);
    this.matrices.clear();
    this.biases.clear();
  }

  private get peerName(): string {
    return this.isDataOwner ? 'the model owner' : 'the data owner';
  }

  private readonly bias = (weight: string, scale: number, bits: number): Vector => {
    const key = `${weight} ${scale} ${bits}`;
    let v = this.biases.get(key);
    if (!v) {
      const { outputs } = this.weights.find(({ name }) => name === weight)!;
      const values = this.own.get(weight)!.bias ?? new Float64Array(outputs);
      v = this.options.backend.upload(encode(values, scale, wordsFor(bits)), wordsFor(bits));
      this.biases.set(key, v);
    }
    return v;
  };
}

/** One pass: the state that lives from the first round to the last. */
class Walk {
  private readonly work: Workspace;
  private readonly isDataOwner: boolean;
  private readonly peerName: string;
  private readonly report: PassReport = {
    rounds: 0,
    toModelOwner: 0,
    toDataOwner: 0,
    dealt: 0,
    byOperation: {},
    seconds: { total: 0, peer: 0, dealer: 0 },
  };
  /** The corrections of the running round and how far they are used. */
  private corrections = { round: -1, body: new Uint8Array(), at: 0 };
  private output: Vector | undefined;

  constructor(
    private readonly plan: Plan,
    private readonly options: PartyOptions,
    private readonly masks: Masks,
    private readonly pass: number,
    private readonly matrices: Map<string, Vector>,
    private readonly bias: (weight: string, scale: number, bits: number) => Vector,
    private readonly input: PassInput | undefined,
  ) {
    this.work = new Workspace(options.backend);
    this.isDataOwner = options.role === 'data-owner';
    this.peerName = this.isDataOwner ? 'the model owner' : 'the data owner';
  }

  async run(): Promise<{ output?: Float64Array; report: PassReport }> {
    const began = performance.now();
    const { plan, report } = this;
    try {
      for (let round = 0; round <= plan.rounds; round++) {
        const nodes = plan.nodes.filter((node) => node.round === round);
        // A readout's answer is made of corrections, so they must be here before it is said; others may arrive meanwhile.
        if (nodes.includes(plan.readout)) await this.receiveCorrections(round, nodes);
        const heard = round > 0 ? await this.exchange(round, nodes.filter(talks)) : new Map<number, Vector[]>();
        await this.receiveCorrections(round, nodes);
        for (const node of nodes) this.step(node, heard.get(node.id) ?? []);
      }
      const readout = plan.readout;
      const words = this.output && (await this.options.backend.read(this.output));
      report.seconds.total = (performance.now() - began) / 1000;
      return { output: words && decode(words, wordsFor(readout.bits), readout), report };
    } finally {
      this.work.clear();
    }
  }

  /** What this party hears in a node's traffic. */
  private heardParts(node: PlanNode): Part[] {
    const traffic = trafficOf(node);
    return this.isDataOwner ? traffic.toDataOwner : traffic.toModelOwner;
  }

  /** One flight: at most one message each way. Returns what was heard, by node. */
  private async exchange(round: number, talking: PlanNode[]): Promise<Map<number, Vector[]>> {
    const { backend, peer } = this.options;
    const tag = tagOf(this.pass, round);
    const direction = this.isDataOwner ? 'toModelOwner' : 'toDataOwner';
    const back = this.isDataOwner ? 'toDataOwner' : 'toModelOwner';
    const said: Vector[] = [];
    const parts: Part[] = [];
    for (const node of talking) {
      const mine = trafficOf(node)[direction];
      const protocol = protocolOf(node);
      if (mine.length) {
        said.push(...protocol.say!(node, this.context(node)));
        parts.push(...mine);
        this.count(node, direction, partBytes(mine));
      }
    }
    const listening = talking
      .map((node): Slot => ({ node, parts: this.heardParts(node) }))
      .filter(({ parts }) => parts.length);
    const expected = listening.reduce((sum, slot) => sum + partBytes(slot.parts), 0);
    const body = parts.length ? await packMessage(backend, said, parts, `round ${round}`) : undefined;
    this.work.tidy();
    this.report.rounds++;
    for (const kind of new Set(talking.map((node) => node.kind))) this.entry(kind).rounds++;

    const began = performance.now();
    const [message] = await Promise.all([
      expected ? peer.receive() : undefined,
      body && peer.send({ kind: 'ring', tag, body } satisfies Message),
    ]);
    this.report.seconds.peer += (performance.now() - began) / 1000;

    const heard = new Map<number, Vector[]>();
    if (!message) return heard;
    checkMessage(message, this.peerName, tag, expected);
    let at = 0;
    for (const { node, parts } of listening) {
      const vectors = parts.map((part) => {
        const v = unpackPart(backend, message.body, at, part);
        at += packedBytes(part.n, part.bits);
        return v;
      });
      heard.set(node.id, vectors);
      this.count(node, back, partBytes(parts));
    }
    return heard;
  }

  private async receiveCorrections(round: number, nodes: PlanNode[]): Promise<void> {
    const parts = nodes.flatMap((node) => trafficOf(node).dealt);
    if (this.isDataOwner || parts.length === 0 || this.corrections.round === round) return;
    const began = performance.now();
    const message = await this.options.dealer.receive();
    this.report.seconds.dealer += (performance.now() - began) / 1000;
    checkMessage(message, 'the dealer', tagOf(this.pass, round), partBytes(parts));
    this.corrections = { round, body: message.body as Uint8Array<ArrayBuffer>, at: 0 };
  }

  private step(node: PlanNode, heard: Vector[]): void {
    const protocol = protocolOf(node);
    const context = this.context(node);
    for (const v of heard) this.work.adopt(v);
    if (talks(node)) protocol.hear?.(node, context, heard);
    const result = protocol.compute?.(node, context);
    if (result) this.work.keep(node, 'share', result);
    this.work.tidy();
    this.work.finish(node, this.plan);
  }

  private readonly drawn = new Map<number, number>();

  private context(node: PlanNode): PartyContext {
    const { work, isDataOwner } = this;
    const { backend } = work;
    const device = this.options.backend;
    const draw = (slot: number, n: number, bits: number) =>
      work.adopt(this.masks.draw(device, this.pass, node.id, slot, n, bits));
    return {
      backend,
      isDataOwner,
      share: (other) => work.get(other, 'share'),
      kept: (other, name) => work.get(other, name),
      keep: (name, v) => work.keep(node, name, v),
      draw,
      dealt: () => {
        const index = this.drawn.get(node.id) ?? 0;
        this.drawn.set(node.id, index + 1);
        const part = trafficOf(node).dealt[index];
        if (!part) throw new Error(`${node.kind} ${node.name} asks for more dealt shares than its traffic says`);
        this.count(node, 'dealt', packedBytes(part.n, part.bits));
        if (isDataOwner) return draw(DEALT_SLOT + index, part.n, part.bits);
        const v = work.adopt(unpackPart(device, this.corrections.body, this.corrections.at, part));
        this.corrections.at += packedBytes(part.n, part.bits);
        return v;
      },
      matrix: (weight) => this.matrices.get(weight)!,
      bias: this.bias,
      input: (name, scale, bits) => {
        const values = this.input?.inputs[name];
        if (!values) throw new Error(`the pass has no input ${name}`);
        return backend.upload(encode(values, scale, wordsFor(bits)), wordsFor(bits));
      },
      bits: (name) => {
        const values = this.input?.masks[name];
        if (!values) throw new Error(`the pass has no mask ${name}`);
        return backend.upload(Uint32Array.from(values), 1);
      },
      output: (v) => {
        this.work.keep(node, 'output', v);
        this.output = v;
      },
    };
  }

  private entry(kind: string) {
    const label = kind === 'keep' ? 'mask' : kind;
    this.report.byOperation[label] ??= { toModelOwner: 0, toDataOwner: 0, dealt: 0, rounds: 0 };
    return this.report.byOperation[label];
  }

  private count(node: PlanNode, key: 'toModelOwner' | 'toDataOwner' | 'dealt', bytes: number): void {
    this.entry(node.kind)[key] += bytes;
    this.report[key] += bytes;
  }
}
