/**
 * One pass of a party over a plan: the state that lives from the first round to the last.
 *
 * In every round: say what all talking nodes have to say in one flight, hear the other's, then compute what has become possible. What the data owner can
 * say before it hears anything, it says; the model owner has to hear the half of it first (`Stage`).
 */
import type { Backend, Vector } from '../compute/backend';
import type { Channel } from '../net/channel';
import { counterpart, type PartyRole, partyName } from '../net/code';
import { decode, encode, saturate, wordsFor } from '../ring/ring';
import type { Bits, Scale } from '../ring/units';
import { both } from './break-off';
import { FlightReader, FlightWriter } from './flight';
import { type HeldMatrix, type Part, type PartyContext, partBytes } from './operation';
import { rowOf, talks, trafficOf } from './operations';
import type { Plan, PlanNode, Stage } from './plan';
import type { Preprocessing } from './preprocessing';
import { countParts, emptyReport, lineOf, type PassReport } from './report';
import { Workspace } from './workspace';

/** The data owner's private input of a pass, by the graph's names. */
export interface PassInput {
  inputs: Record<string, ArrayLike<number>>;
  masks: Record<string, ArrayLike<number>>;
}

export interface PartyOptions {
  role: PartyRole;
  backend: Backend;
  peer: Channel;
  preprocessing: Preprocessing;
}

/** What a walk reads of a session's private matrices. */
export interface Matrices {
  /** This party's own matrix W, or the masked form F = W − A of the other's, in elements that the caller has to release. */
  matrix(weight: string): HeldMatrix;
  /** This party's own bias. */
  bias(weight: string, type: { scale: Scale; bits: Bits }): Vector;
}

export interface WalkOptions extends PartyOptions {
  plan: Plan;
  pass: number;
  matrices: Matrices;
  input: PassInput | undefined;
  /** Hears of every round before it is begun, also of one without a message. */
  onRound?: (round: number) => void;
}

export class Walk {
  private readonly work: Workspace;
  private readonly isDataOwner: boolean;
  private readonly report = emptyReport();
  /** Shares of dealt secrets that nobody asked for yet, by node. */
  private readonly dealt = new Map<PlanNode, Vector[]>();
  /** What was heard and not yet taken by its node. */
  private readonly heard = new Map<PlanNode, Vector[]>();
  private output: Vector | undefined;

  constructor(private readonly options: WalkOptions) {
    this.work = new Workspace(options.backend);
    this.isDataOwner = options.role === 'data-owner';
  }

  async run(): Promise<{ output?: Float64Array; report: PassReport }> {
    const began = performance.now();
    const { plan, backend } = this.options;
    try {
      for (let round = 0; round <= plan.rounds; round++) {
        this.options.onRound?.(round);
        const nodes = plan.nodes.filter((node) => node.round === round);
        if (nodes.some(talks)) await this.exchange(round, nodes);
        else for (const node of nodes) await this.step(node);
      }
      const { output } = plan;
      const words = this.output && (await backend.read(this.output));
      this.report.seconds.total = (performance.now() - began) / 1000;
      return { output: words && decode(words, wordsFor(output.bits), output), report: this.report };
    } finally {
      for (const v of [...this.dealt.values(), ...this.heard.values()].flat()) backend.release(v);
      this.work.clear();
    }
  }

  /**
   * One flight each way at most, and all that is computed in its round. The data owner says everything at once. The model owner
   * says what comes first, hears what comes first, and then says the rest.
   */
  private async exchange(round: number, nodes: readonly PlanNode[]): Promise<void> {
    const { backend, peer, pass, role } = this.options;
    const [out, back] = this.isDataOwner
      ? (['toModelOwner', 'toDataOwner'] as const)
      : (['toDataOwner', 'toModelOwner'] as const);
    const talking = nodes.filter(talks);
    for (const node of talking) {
      countParts(this.report, node.kind, out, trafficOf(node)[out]);
      countParts(this.report, node.kind, back, trafficOf(node)[back]);
    }
    this.report.rounds++;
    for (const kind of new Set(talking.map((node) => node.kind))) lineOf(this.report, kind).rounds++;

    const name = { pass, round };
    const partsOf = (some: readonly PlanNode[], direction: typeof out | typeof back): Part[] =>
      some.flatMap((node) => trafficOf(node)[direction]);
    const writer = new FlightWriter(backend, peer, name, partBytes(partsOf(nodes, out)));
    const reader = new FlightReader(backend, peer, partyName(counterpart(role)), name, partBytes(partsOf(nodes, back)));
    const of = (stage: Stage) => nodes.filter((node) => node.stage === stage);
    const turns = this.isDataOwner ? [[...of('first'), ...of('ahead')]] : [of('first'), of('ahead')];
    for (const turn of turns) {
      const said: Vector[] = [];
      const eager = turn.some((node) => rowOf(node).saysDealt || !talks(node));
      for (const node of turn) {
        if (eager) await this.fetchDealt(node);
        if (!talks(node)) this.compute(node);
        else if (trafficOf(node)[out].length > 0) said.push(...(rowOf(node).say?.(node, this.context(node)) ?? []));
      }
      const say = async () => {
        await writer.write(said, partsOf(turn, out));
        this.work.tidy();
      };
      const hear = async () => {
        for (const node of turn) {
          const vectors: Vector[] = [];
          this.heard.set(node, vectors);
          for (const part of trafficOf(node)[back]) vectors.push(await reader.read(part));
        }
      };
      await both(say(), hear());
      for (const node of turn) {
        if (talks(node)) await this.step(node);
        else this.finish(node);
      }
    }
    writer.end();
    for (const node of of('last')) await this.step(node);
    this.report.seconds.peer += Math.max(writer.waited, reader.waited);
  }

  /** This party's shares of what the node is dealt, unless they are here already. */
  private async fetchDealt(node: PlanNode): Promise<void> {
    const { dealt } = trafficOf(node);
    if (dealt.length === 0 || this.dealt.has(node)) return;
    const began = performance.now();
    this.dealt.set(node, await this.options.preprocessing.dealt(node));
    this.report.seconds.dealer += (performance.now() - began) / 1000;
    countParts(this.report, node.kind, 'dealt', dealt);
  }

  /** All that is left to do for a node. */
  private async step(node: PlanNode): Promise<void> {
    await this.fetchDealt(node);
    this.compute(node);
    this.work.tidy();
    this.finish(node);
  }

  private compute(node: PlanNode): void {
    const row = rowOf(node);
    const context = this.context(node);
    const heard = (this.heard.get(node) ?? []).map((v) => this.work.adopt(v));
    this.heard.delete(node);
    row.hear?.(node, context, heard);
    const result = row.compute?.(node, context);
    if (this.dealt.get(node)?.length) throw new Error(`${node.kind} ${node.name} uses less than it is dealt`);
    if (result) this.work.store(node, 'share', result);
  }

  private finish(node: PlanNode): void {
    this.work.finish(node, this.options.plan);
  }

  private context(node: PlanNode): PartyContext {
    const { work, isDataOwner } = this;
    const { backend } = work;
    const { preprocessing, matrices, pass, input } = this.options;
    return {
      backend,
      isDataOwner,
      share: (other) => work.get(other, 'share'),
      store: (name, v) => work.store(node, name, v),
      stored: (other, name) => work.get(other, name),
      draw: (slot, n, bits) => work.adopt(preprocessing.mask({ pass, node: node.id, slot }, n, bits)),
      dealt: () => {
        const v = this.dealt.get(node)?.shift();
        if (!v) throw new Error(`${node.kind} ${node.name} asks for more dealt shares than its traffic says`);
        return work.adopt(v);
      },
      matrix: (weight) => {
        const held = matrices.matrix(weight);
        work.adopt(held.elements);
        return held;
      },
      bias: (weight, type) => matrices.bias(weight, type),
      input: (name, type) => {
        const given = input?.inputs[name];
        if (!given) throw new Error(`the pass has no input ${name}`);
        const { values, clamped } = saturate(given, type.scale);
        this.report.clamped += clamped;
        const words = wordsFor(type.bits);
        return backend.upload(encode(values, type.scale, words), words);
      },
      bits: (name) => {
        const values = input?.masks[name];
        if (!values) throw new Error(`the pass has no mask ${name}`);
        return backend.upload(Uint32Array.from(values), 1);
      },
      output: (v) => {
        work.store(node, 'output', v);
        this.output = v;
      },
    };
  }
}
