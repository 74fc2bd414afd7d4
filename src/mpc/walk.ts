/**
 * One pass of a party over a plan: the state that lives from the first round to the last.
 *
 * In every round: say what all talking nodes have to say in one flight, hear the other's, then compute what has become possible. What the data owner can
 * say before it hears anything, it says; the model owner has to hear the half of it first (`Stage`). Of a pass that is prepared ahead the data owner
 * says what it can before it has an input (`sayAhead`), with the same steps, and leaves that out of the pass itself (ahead.ts).
 */
import type { Backend, Vector } from '../compute/backend';
import type { Channel } from '../net/channel';
import { counterpart, type PartyRole, partyName } from '../net/code';
import { decode, encode, saturate, wordsFor } from '../ring/ring';
import type { Bits, Scale } from '../ring/units';
import { aheadPart, halfBytes, isSaid, isSaidAhead, otherPart, runTraffic } from './ahead';
import { both } from './break-off';
import { FlightReader, FlightWriter, type Source } from './flight';
import { type HeldMatrix, type Part, type PartyContext, partBytes } from './operation';
import { rowOf, talks, trafficOf } from './operations';
import type { Plan, PlanNode, Stage } from './plan';
import type { Preprocessing } from './preprocessing';
import { countParts, emptyReport, lineOf, type PassReport, type Traffic } from './report';
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
  /** Of passes that were prepared ahead: where the model owner reads what the data owner said of them then. */
  ahead?: Source;
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
  /** This party's halves of what is being opened. */
  private readonly halves = new Map<PlanNode, Vector[]>();
  /** The part of the plan that is walked. */
  private part: Plan;
  private output: Vector | undefined;

  constructor(private readonly options: WalkOptions) {
    this.work = new Workspace(options.backend);
    this.isDataOwner = options.role === 'data-owner';
    this.part = options.ahead && this.isDataOwner ? otherPart(options.plan) : options.plan;
  }

  async run(): Promise<{ output?: Float64Array; report: PassReport }> {
    const began = performance.now();
    const { plan, backend } = this.options;
    try {
      for (let round = 0; round <= plan.rounds; round++) {
        this.options.onRound?.(round);
        this.count(round);
        const nodes = this.nodesOf(round);
        if (nodes.some(talks)) await this.exchange(round, nodes);
        else for (const node of nodes) await this.step(node);
      }
      const { output } = plan;
      const words = this.output && (await backend.read(this.output));
      this.report.seconds.total = (performance.now() - began) / 1000;
      return { output: words && decode(words, wordsFor(output.bits), output), report: this.report };
    } finally {
      this.clear();
    }
  }

  /** The data owner's part of a pass that is prepared ahead: a flight a round, of what it knows of openings without an input. */
  async sayAhead(): Promise<void> {
    const { plan, backend, peer, pass } = this.options;
    this.part = aheadPart(plan);
    try {
      for (let round = 0; round <= plan.rounds; round++) {
        const writer = new FlightWriter(backend, peer, { pass, round }, halfBytes(plan, round));
        for (const node of this.nodesOf(round)) {
          if (!talks(node)) {
            await this.step(node);
            continue;
          }
          rowOf(node).draw?.(node, this.context(node));
          if (isSaidAhead(node))
            await writer.write(rowOf(node).say?.(node, this.context(node)) ?? [], trafficOf(node).toModelOwner);
          this.work.tidy();
          this.finish(node);
        }
        writer.end();
      }
    } finally {
      this.clear();
    }
  }

  private nodesOf(round: number): PlanNode[] {
    return this.part.nodes.filter((node) => node.round === round);
  }

  /** What either side says in a round, and what is dealt for it: all of that, also what this side does not compute. */
  private count(round: number): void {
    const nodes = this.options.plan.nodes.filter((node) => node.round === round);
    for (const node of nodes) {
      const traffic = this.traffic(node);
      for (const direction of ['toModelOwner', 'toDataOwner', 'dealt'] as const)
        countParts(this.report, node.kind, direction, traffic[direction]);
    }
    const talking = nodes.filter((node) => isSaid(this.traffic(node)));
    if (talking.length > 0) this.report.rounds++;
    for (const kind of new Set(talking.map((node) => node.kind))) lineOf(this.report, kind).rounds++;
  }

  /** What of a node goes over which wire in this pass. */
  private traffic(node: PlanNode): Record<keyof Traffic, Part[]> {
    return runTraffic(node, this.options.ahead !== undefined);
  }

  private clear(): void {
    const waiting = [this.dealt, this.heard, this.halves].flatMap((of) => [...of.values()].flat());
    for (const v of waiting) this.options.backend.release(v);
    this.work.clear();
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
    const name = { pass, round };
    const partsOf = (some: readonly PlanNode[], direction: typeof out | typeof back): Part[] =>
      some.flatMap((node) => this.traffic(node)[direction]);
    const writer = new FlightWriter(backend, peer, name, partBytes(partsOf(nodes, out)));
    const reader = new FlightReader(backend, peer, partyName(counterpart(role)), name, partBytes(partsOf(nodes, back)));
    const recall = this.recalling(round);
    const of = (stage: Stage) => nodes.filter((node) => node.stage === stage);
    const turns = this.isDataOwner ? [[...of('first'), ...of('ahead')]] : [of('first'), of('ahead')];
    for (const turn of turns) {
      const said: Vector[] = [];
      const eager = turn.some((node) => rowOf(node).saysDealt || !talks(node));
      for (const node of turn) {
        if (eager) await this.fetchDealt(node);
        if (!talks(node)) this.compute(node);
        else {
          await recall(node);
          said.push(...this.say(node, out));
        }
      }
      const say = async () => {
        await writer.write(said, partsOf(turn, out));
        this.work.tidy();
      };
      const hear = async () => {
        for (const node of turn) {
          const vectors = this.heard.get(node) ?? [];
          this.heard.set(node, vectors);
          for (const part of this.traffic(node)[back]) vectors.push(await reader.read(part));
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

  /**
   * What a party has to say of a node. Of an opening it keeps its half; where it has the other already, it keeps and says what is opened, as the
   * data owner then does not compute its own.
   */
  private say(node: PlanNode, out: 'toModelOwner' | 'toDataOwner'): Vector[] {
    const row = rowOf(node);
    if (trafficOf(node)[out].length === 0) return [];
    row.draw?.(node, this.context(node));
    if (this.traffic(node)[out].length === 0) return [];
    const said = row.say?.(node, this.context(node)) ?? [];
    if (!row.opens) return said;
    const halves = this.added(node, said, this.adopted(this.heard, node)).map((v) => this.work.take(v));
    this.halves.set(node, halves);
    return halves;
  }

  /** Halves of what is opened, as far as they are here, part by part. */
  private added(node: PlanNode, some: Vector[], others: Vector[]): Vector[] {
    if (some.length === 0 || others.length === 0) return [...some, ...others];
    const { toModelOwner } = trafficOf(node);
    return toModelOwner.map(({ bits }, i) => this.work.backend.add(some[i]!, others[i]!, wordsFor(bits)));
  }

  /** What was kept for a node, which is its own from now on. */
  private adopted(waiting: Map<PlanNode, Vector[]>, node: PlanNode): Vector[] {
    const vectors = (waiting.get(node) ?? []).map((v) => this.work.adopt(v));
    waiting.delete(node);
    return vectors;
  }

  /** Hears what the data owner said ahead of a round's nodes, one by one, from where the model owner kept it. */
  private recalling(round: number): (node: PlanNode) => Promise<void> {
    const { ahead, backend, pass, plan } = this.options;
    if (!ahead || this.isDataOwner) return async () => {};
    const reader = new FlightReader(backend, ahead, 'the disk', { pass, round }, halfBytes(plan, round));
    return async (node) => {
      if (!isSaidAhead(node)) return;
      const vectors: Vector[] = [];
      this.heard.set(node, vectors);
      for (const part of trafficOf(node).toModelOwner) vectors.push(await reader.read(part));
    };
  }

  /** This party's shares of what the node is dealt, unless they are here already. */
  private async fetchDealt(node: PlanNode): Promise<void> {
    const { dealt } = trafficOf(node);
    if (dealt.length === 0 || this.dealt.has(node)) return;
    const began = performance.now();
    this.dealt.set(node, await this.options.preprocessing.dealt(node));
    this.report.seconds.dealer += (performance.now() - began) / 1000;
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
    row.hear?.(node, context, this.added(node, this.adopted(this.halves, node), this.adopted(this.heard, node)));
    const result = row.compute?.(node, context);
    if (this.dealt.get(node)?.length) throw new Error(`${node.kind} ${node.name} uses less than it is dealt`);
    if (result) this.work.store(node, 'share', result);
  }

  private finish(node: PlanNode): void {
    this.work.finish(node, this.part);
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
