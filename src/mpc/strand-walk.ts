/**
 * A strand of a pass over a plan, as a party walks it: the state that lives from the first round to the last.
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
import { halfBytes, isSaid, isSaidAhead, runTraffic } from './ahead';
import { together } from './break-off';
import { FlightReader, FlightWriter, type Sink, type Source } from './flight';
import { type HeldMatrix, type Part, type PartyContext, partBytes } from './operation';
import { rowOf, talks, trafficOf } from './operations';
import type { Plan, PlanNode, Stage } from './plan';
import type { Preprocessing } from './preprocessing';
import { countParts, lineOf, type PassReport, type Traffic } from './report';
import { type FlightPlace, type InOrder, nodesOf, type Waiting } from './strands';
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
  /** The data owner's, of every strand. */
  inputs: readonly PassInput[];
  /** Hears of every round before it is begun, also of one without a message. */
  onRound?: (round: number) => void;
}

/** What strands of a pass have in common. */
export interface Common {
  /** Ends them all. */
  end: AbortController;
  /** Whose turn it is to say something, to hear something, and to recall what was said ahead. */
  saying: InOrder;
  hearing: InOrder;
  recalling: InOrder;
  waiting: Waiting;
  report: PassReport;
  /** Of the plan, what this side computes. */
  part: Plan;
}

export class StrandWalk {
  private readonly work: Workspace;
  private readonly isDataOwner: boolean;
  /** Shares of dealt secrets that nobody asked for yet, by node. */
  private readonly dealt = new Map<PlanNode, Vector[]>();
  /** What was heard and not yet taken by its node. */
  private readonly heard = new Map<PlanNode, Vector[]>();
  /** This party's halves of what is being opened. */
  private readonly halves = new Map<PlanNode, Vector[]>();
  private output: Vector | undefined;

  constructor(
    private readonly options: WalkOptions,
    private readonly common: Common,
    private readonly strand: number,
  ) {
    this.work = new Workspace(options.backend);
    this.isDataOwner = options.role === 'data-owner';
  }

  /** What is opened, to the data owner. */
  async run(): Promise<Float64Array | undefined> {
    const { options, common, strand } = this;
    const { plan, backend } = options;
    const { output } = plan;
    try {
      for (let round = 0; round <= plan.rounds; round++) {
        const place = { round, strand };
        if (strand === 0) options.onRound?.(round);
        this.count(place);
        const nodes = nodesOf(common.part, place);
        if (nodes.some(talks)) {
          await this.exchange(place, nodes);
          continue;
        }
        for (const line of [common.saying, common.hearing, common.recalling]) line.pass(place);
        for (const node of nodes) await this.step(node);
      }
      const words = this.output && (await backend.read(this.output));
      return words && decode(words, wordsFor(output.bits), output);
    } finally {
      this.clear();
    }
  }

  /** The data owner's part of a pass that is prepared ahead: a flight a round, of what it knows of openings without an input. */
  async sayAhead(): Promise<void> {
    const { strand, common, options } = this;
    const { plan, backend, peer, pass } = options;
    const { signal } = common.end;
    try {
      for (let round = 0; round <= plan.rounds; round++) {
        const place = { round, strand };
        const writer = new FlightWriter(backend, peer, { pass, round }, halfBytes(plan, place), signal);
        await common.saying.turn(place, signal);
        for (const node of nodesOf(common.part, place)) {
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
        common.saying.pass(place);
      }
    } finally {
      this.clear();
    }
  }

  /** What either side says in a round, and what is dealt for it: all of that, also what this side does not compute. */
  private count(place: FlightPlace): void {
    const { report } = this.common;
    const nodes = nodesOf(this.options.plan, place);
    for (const node of nodes) {
      const traffic = this.traffic(node);
      for (const direction of ['toModelOwner', 'toDataOwner', 'dealt'] as const)
        countParts(report, node.kind, direction, traffic[direction]);
    }
    // Of all strands, since they go through the same rounds.
    if (this.strand > 0) return;
    const talking = this.options.plan.nodes.filter((node) => node.round === place.round && isSaid(this.traffic(node)));
    if (talking.length > 0) report.rounds++;
    for (const kind of new Set(talking.map((node) => node.kind))) lineOf(report, kind).rounds++;
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
  private async exchange(place: FlightPlace, nodes: readonly PlanNode[]): Promise<void> {
    const { backend, peer, pass, role } = this.options;
    const { end, saying, hearing, waiting } = this.common;
    const { signal } = end;
    const [out, back] = this.isDataOwner
      ? (['toModelOwner', 'toDataOwner'] as const)
      : (['toDataOwner', 'toModelOwner'] as const);
    const name = { pass, round: place.round };
    const partsOf = (some: readonly PlanNode[], direction: typeof out | typeof back): Part[] =>
      some.flatMap((node) => this.traffic(node)[direction]);
    const [toSay, toHear] = [out, back].map((direction) => partBytes(partsOf(nodes, direction)));
    const patiently = <T>(work: Promise<T>) => waiting.during(this.strand, 'peer', work);
    const line: Source & Sink = {
      send: (message) => patiently(peer.send(message)),
      receive: (given) => patiently(peer.receive(given)),
    };
    const writer = new FlightWriter(backend, line, name, toSay!, signal);
    const reader = new FlightReader(backend, line, partyName(counterpart(role)), name, toHear!, signal);
    if (toSay === 0) saying.pass(place);
    if (toHear === 0) hearing.pass(place);
    const recall = this.recalling(place);
    const of = (stage: Stage) => nodes.filter((node) => node.stage === stage);
    const turns = this.isDataOwner ? [[...of('first'), ...of('ahead')]] : [of('first'), of('ahead')];
    for (const turn of turns) {
      const said: Vector[] = [];
      const isNeeded = (node: PlanNode) => !talks(node) || rowOf(node).saysDealt === true;
      // What comes in a flight is read in its order; what comes of a seed is there.
      const isRead = turn.some((node) => isNeeded(node) && node.dealtTo.includes(role));
      for (const node of turn) {
        if (isRead || isNeeded(node)) await this.fetchDealt(node);
        if (!talks(node)) this.compute(node);
        else {
          await recall(node);
          said.push(...this.say(node, out));
        }
      }
      const say = async () => {
        if (said.length > 0) await patiently(saying.turn(place, signal));
        await writer.write(said, partsOf(turn, out));
        if (writer.isOver) saying.pass(place);
        this.work.tidy();
      };
      const hear = async () => {
        for (const node of turn) {
          const vectors = this.heard.get(node) ?? [];
          this.heard.set(node, vectors);
          for (const part of this.traffic(node)[back]) {
            await patiently(hearing.turn(place, signal));
            vectors.push(await reader.read(part));
          }
        }
        if (reader.isOver) hearing.pass(place);
      };
      await together(end, say(), hear());
      for (const node of turn) {
        if (talks(node)) await this.step(node);
        else this.finish(node);
      }
    }
    writer.end();
    for (const node of of('last')) await this.step(node);
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
  private recalling(place: FlightPlace): (node: PlanNode) => Promise<void> {
    const { ahead, backend, pass, plan } = this.options;
    const { end, recalling } = this.common;
    const { signal } = end;
    const length = ahead && !this.isDataOwner ? halfBytes(plan, place) : 0;
    if (!ahead || length === 0) {
      recalling.pass(place);
      return async () => {};
    }
    const reader = new FlightReader(backend, ahead, 'the disk', { pass, round: place.round }, length, signal);
    return async (node) => {
      if (!isSaidAhead(node)) return;
      await recalling.turn(place, signal);
      const vectors: Vector[] = [];
      this.heard.set(node, vectors);
      for (const part of trafficOf(node).toModelOwner) vectors.push(await reader.read(part));
      if (reader.isOver) recalling.pass(place);
    };
  }

  /** This party's shares of what the node is dealt, unless they are here already. */
  private async fetchDealt(node: PlanNode): Promise<void> {
    const { dealt } = trafficOf(node);
    if (dealt.length === 0 || this.dealt.has(node)) return;
    const { end, waiting } = this.common;
    const shares = this.options.preprocessing.dealt(node, end.signal);
    this.dealt.set(node, await waiting.during(this.strand, 'dealer', shares));
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
    this.work.finish(node, this.common.part);
  }

  private context(node: PlanNode): PartyContext {
    const { work, isDataOwner } = this;
    const { backend } = work;
    const { preprocessing, matrices, pass, inputs } = this.options;
    const input = inputs[this.strand];
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
        this.common.report.clamped += clamped;
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
