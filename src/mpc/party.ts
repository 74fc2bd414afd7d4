/**
 * A data owner or a model owner: its matrices, masked once a session, and its passes.
 *
 * Nothing of the other role is here: a party holds its own correlations, its own share of every tensor and its own matrices.
 */
import type { Vector } from '../compute/backend';
import type { NamedMatrix } from '../graph/matrix';
import { counterpart, partyName } from '../net/code';
import { encode, wordsFor } from '../ring/ring';
import { bits as asBits, type Bits, type Scale } from '../ring/units';
import { together } from './break-off';
import { FlightReader, FlightWriter, type Sink, type Source } from './flight';
import { type HeldMatrix, type Part, partBytes } from './operation';
import { checkWeights, type Plan, type WeightPlan } from './plan';
import type { PassReport } from './report';
import type { Matrices, PartyOptions, PassInput } from './strand-walk';
import { sayAhead, walk } from './walk';

const partOf = ({ inputs, outputs, bits }: WeightPlan): Part => ({ n: inputs * outputs, bits });

/** A matrix on the device between its uses: a tight bit string of n elements, each `offset` more than what it stands for. */
interface PackedMatrix {
  packed: Vector;
  n: number;
  bits: Bits;
  offset: bigint;
}

export class Party implements Matrices {
  private readonly matrices = new Map<string, PackedMatrix>();
  private readonly ownBiases = new Map<string, Float64Array>();
  /** The same on the device, by scale and bits. */
  private readonly biases = new Map<string, Vector>();
  private weights: WeightPlan[] = [];
  /** Pass 0 is the set-up; a pass's number never comes back. */
  private passes = 0;

  /** `firstPass`: where a seed was used before, the first number that was not. */
  constructor(
    private readonly options: PartyOptions,
    private readonly firstPass = 1,
  ) {}

  /**
   * Masks this party's matrices, sends them to the other and takes the other's. Once a session. `own` gives them in the plan's
   * order; each is forgotten but for its words on the device before the next is asked for. `onProgress` hears how many of the
   * plan's matrices are through, in either direction.
   *
   * One flight each way: every F = W − A modulo 2^bits. `line`: where that goes and comes from, where it is not the peer.
   */
  async setup(
    plan: Plan,
    own: AsyncIterable<NamedMatrix> | Iterable<NamedMatrix>,
    onProgress: (done: number, total: number) => void = () => {},
    line: Source & Sink = this.options.peer,
  ): Promise<void> {
    if (this.weights.length) throw new Error('the set-up of a session happens once');
    this.weights = plan.weights;
    let done = 0;
    const progress = () => onProgress(++done, plan.weights.length);
    const end = new AbortController();
    await together(end, this.sendOwn(own, line, progress, end.signal), this.receiveOthers(line, progress, end.signal));
    this.passes = this.firstPass;
  }

  private async sendOwn(
    own: AsyncIterable<NamedMatrix> | Iterable<NamedMatrix>,
    line: Sink,
    progress: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { backend, preprocessing, role } = this.options;
    const mine = [...this.weights.entries()].filter(([, { owner }]) => owner === role);
    const length = partBytes(mine.map(([, weight]) => partOf(weight)));
    const flight = new FlightWriter(backend, line, { pass: 0, round: 0 }, length, signal);
    const due = mine.values();
    for await (const { name, inputs, outputs, values, bias } of own) {
      signal.throwIfAborted();
      const [node, weight] = due.next().value ?? [];
      if (node === undefined || weight?.name !== name) throw new Error(`${name} came where ${weight?.name} was due`);
      const part = partOf(weight);
      if (inputs !== weight.inputs || outputs !== weight.outputs || values.length !== part.n) {
        throw new Error(`${name} must be ${weight.inputs} × ${weight.outputs}, not ${inputs} × ${outputs}`);
      }
      this.matrices.set(name, this.packed(values, weight));
      this.ownBiases.set(name, bias);
      const held = this.matrix(name);
      const mask = preprocessing.mask({ pass: 0, node, slot: 0 }, part.n, weight.bits);
      const words = wordsFor(weight.bits);
      let masked = backend.subtract(held.elements, mask, words);
      for (const v of [held.elements, mask]) backend.release(v);
      if (held.offset !== 0n) {
        const shifted = masked;
        masked = backend.affine(shifted, 1n, -held.offset, words);
        backend.release(shifted);
      }
      try {
        await flight.write([masked], [part]);
      } finally {
        backend.release(masked);
      }
      progress();
    }
    flight.end();
  }

  /** A matrix of this party's own in as few bits as it takes. */
  private packed(values: Float64Array, { scale, bits }: WeightPlan): PackedMatrix {
    const { backend } = this.options;
    const n = values.length;
    const largest = values.reduce((a, x) => Math.max(a, Math.abs(x)), 0) * 2 ** scale;
    // Signed numbers below 2^(width − 1), which the offset makes unsigned: then they need no sign in a wider modulus.
    const width = asBits(1 + Math.ceil(Math.log2(largest + 1)));
    if (wordsFor(bits) === 1 || width > 32) {
      const words = wordsFor(bits);
      return { packed: this.pack(backend.upload(encode(values, scale, words), words), bits), n, bits, offset: 0n };
    }
    const words = encode(values, scale, 1);
    for (let i = 0; i < n; i++) words[i]! += 2 ** (width - 1);
    return { packed: this.pack(backend.upload(words, 1), width), n, bits: width, offset: 1n << BigInt(width - 1) };
  }

  /** Uses the elements up. */
  private pack(elements: Vector, bits: Bits): Vector {
    const { backend } = this.options;
    const packed = backend.pack(elements, bits);
    backend.release(elements);
    return packed;
  }

  private async receiveOthers(line: Source, progress: () => void, signal: AbortSignal): Promise<void> {
    const { backend, role } = this.options;
    const theirs = this.weights.filter(({ owner }) => owner !== role);
    const length = partBytes(theirs.map(partOf));
    const from = partyName(counterpart(role));
    const flight = new FlightReader(backend, line, from, { pass: 0, round: 0 }, length, signal);
    for (const weight of theirs) {
      const part = partOf(weight);
      this.matrices.set(weight.name, { ...part, packed: this.pack(await flight.read(part), part.bits), offset: 0n });
      progress();
    }
  }

  /** The number that the next pass will have; both parties and the dealer count alike. */
  get nextPass(): number {
    return this.passes;
  }

  /**
   * One forward pass. The data owner gives its input, one for each strand, and gets what is opened of one behind the other [sequences, columns]; the model owner gets undefined.
   * Throws ProtocolError for a message of a wrong kind, order or length, ChannelClosed when somebody is gone; the pass is
   * then lost and nothing of it is returned. `onRound` hears of every round, from 0 on, before it is begun.
   */
  async run(
    plan: Plan,
    inputs: readonly PassInput[] = [],
    onRound?: (round: number) => void,
  ): Promise<{ output?: Float64Array; report: PassReport }> {
    checkWeights(plan, this.weights);
    const pass = this.passes++;
    await this.options.preprocessing.begin(pass, plan);
    return walk({ ...this.options, plan, pass, matrices: this, inputs, onRound });
  }

  /**
   * What the data owner can say before it has an input, of a pass that is prepared ahead: to be kept by the other, and not said again when the pass
   * is made. Rejects as `run` does.
   */
  async sayAhead(plan: Plan, pass: number): Promise<void> {
    checkWeights(plan, this.weights);
    await this.options.preprocessing.begin(pass, plan);
    await sayAhead({ ...this.options, plan, pass, matrices: this, inputs: [] });
  }

  /** Gives back the device memory of the session. */
  release(): void {
    const { backend } = this.options;
    for (const { packed } of this.matrices.values()) backend.release(packed);
    for (const v of this.biases.values()) backend.release(v);
    this.matrices.clear();
    this.biases.clear();
  }

  matrix(weight: string): HeldMatrix {
    const held = this.matrices.get(weight);
    if (!held) throw new Error(`the set-up had no matrix ${weight}`);
    return { elements: this.options.backend.unpack(held.packed, held.n, held.bits), offset: held.offset };
  }

  bias(weight: string, { scale, bits }: { scale: Scale; bits: Bits }): Vector {
    const key = `${weight} ${scale} ${bits}`;
    const known = this.biases.get(key);
    if (known) return known;
    const values = this.ownBiases.get(weight);
    if (!values) throw new Error(`${weight} is not this party's own`);
    const words = wordsFor(bits);
    const v = this.options.backend.upload(encode(values, scale, words), words);
    this.biases.set(key, v);
    return v;
  }
}
