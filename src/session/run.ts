/**
 * What both parties do alike in a run: agree on the plan with the dealer, take a fresh seed, exchange masked matrices, and cut what
 * is too large for one pass.
 */
import { type Backend, DeviceLost } from '../compute/backend';
import type { NamedMatrix } from '../graph/matrix';
import { size } from '../graph/shape';
import type { PassShape } from '../models/architecture';
import type { ModelConfig } from '../models/config';
import { dealtConfig } from '../models/dealt-config';
import { slotsApart } from '../models/encode';
import { dealingDigest, planDigest, planInStrands } from '../models/plan-model';
import { costOf, longestVector, type PlanCost } from '../mpc/cost';
import { DealerPreprocessing } from '../mpc/dealer-preprocessing';
import { dealerMemoryOf, type Memory, memoryOf } from '../mpc/memory';
import { Party } from '../mpc/party';
import type { Plan } from '../mpc/plan';
import type { Calibration } from '../mpc/planner';
import type { PassReport } from '../mpc/report';
import type { PassInput } from '../mpc/strand-walk';
import { dealtBefore, type PlannedRound, timelineOf } from '../mpc/timeline';
import { type Channel, ProtocolError } from '../net/channel';
import type { PartyRole } from '../net/code';
import { seedFromHex } from '../random/seed';
import { type Bytes, bytes } from '../ring/units';
import type { Connection } from './connection';
import { type Control, type RunShape, readControl, receiveControl, sendControl } from './control';
import { MOST_MEMORY } from './limits';
import { cut, ONE, ofTexts, type PassPart, type PassSize, sequencesIn, strandsOf } from './pass-size';
import type { Kept, StockHalf } from './stock/half';

export const gigabytes = (n: number): string => `${(n / 1e9).toFixed(1)} GB`;

/** As a run walks it. `calibration`: by default what the config says. Throws PlanError when the shape does not fit the model's numbers. */
export const planPass = (
  config: ModelConfig,
  { dealtTo, ...shape }: Omit<PassShape, 'sequences' | 'candidates'> & Pick<RunShape, 'dealtTo'>,
  size: PassSize,
  calibration?: Calibration,
): Plan =>
  planInStrands(
    config,
    strandsOf(size).map((part) => ({ ...shape, sequences: sequencesIn(part), candidates: part.candidates })),
    calibration,
    dealtTo,
  );

/** The plans of one run: they differ in their passes' sizes only. */
export class RunPlans {
  private readonly plans = new Map<string, Plan>();
  private readonly sizes = new Map<Plan, PassSize>();
  private readonly others = new Map<string, RunPlans>();

  /** Throws ProtocolError for a shape that no run of such a model has. */
  constructor(
    readonly config: ModelConfig,
    readonly shape: RunShape,
  ) {
    const { columns, deep, slots, answer, tokens } = shape;
    if (config.task === 'embedding' && (columns > 0 || deep)) {
      const asked = `${columns} columns${deep ? ', a prompt for every layer' : ''}`;
      throw new ProtocolError(`a sentence encoder takes neither label words nor prompts: ${asked}`);
    }
    if (slots > slotsApart(config, slots) || slots > Math.min(answer, tokens - 1))
      throw new ProtocolError(
        `prompts of ${slots} tokens can't be given apart to ${config.name}, read at ${answer} of ${tokens} tokens`,
      );
  }

  /** Throws PlanError when the shape does not fit the model's numbers. */
  of(batch: PassSize): Plan {
    const size = this.sized(batch);
    const key = `${size.candidates} × ${size.texts}`;
    let plan = this.plans.get(key);
    if (!plan) {
      plan = planPass(this.config, this.shape, size);
      this.plans.set(key, plan);
      this.sizes.set(plan, size);
    }
    return plan;
  }

  /** A pass over such a batch: where prompts are not given apart, every sequence is a text. */
  sized(batch: PassSize): PassSize {
    const { candidates, texts } = batch;
    return this.shape.slots > 0 ? { candidates, texts } : ofTexts(sequencesIn(batch));
  }

  /** Of one of these plans' passes. */
  sizeOf(plan: Plan): PassSize {
    const size = this.sizes.get(plan);
    if (!size) throw new Error('a plan of another run');
    return size;
  }

  /**
   * As passes are prepared ahead. Every prompt is in its text: they are all of one size, and whatever a run has to compute fits into it, a batch under
   * many prompts or many texts under one. And all that is dealt is kept by the model owner.
   */
  get ahead(): RunPlans {
    return this.with({ slots: 0, dealtTo: 'model-owner' });
  }

  /** The same where the dealer sends its corrections to these. */
  dealtTo(dealtTo: RunShape['dealtTo']): RunPlans {
    return this.with({ dealtTo });
  }

  private with(changes: Pick<Partial<RunShape>, 'slots' | 'dealtTo'>): RunPlans {
    const shape = { ...this.shape, ...changes };
    if (shape.slots === this.shape.slots && shape.dealtTo === this.shape.dealtTo) return this;
    const key = `${shape.slots} to ${shape.dealtTo}`;
    const found = this.others.get(key) ?? new RunPlans(this.config, shape);
    this.others.set(key, found);
    return found;
  }

  /** Of one pass over the network; `isAhead`: of one that was prepared ahead, in the run that it is used in. */
  costOf(size: PassSize, isAhead = false): PlanCost {
    return costOf(this.of(size), { isAhead });
  }

  /** What every round of such a pass carries. */
  timelineOf(size: PassSize, isAhead = false): PlannedRound[] {
    return timelineOf(this.of(size), isAhead);
  }

  /** The tensor that passes open. */
  get opened(): string {
    return this.of(ONE).output.name;
  }

  /** What a pass of so many sequences opens to the data owner. */
  numbersOf(sequences: number): number {
    return sequences * size(this.of(ONE).output.shape);
  }

  get digest(): string {
    return planDigest(this.of(ONE));
  }

  /** What the dealer is told of the run, and makes the same plan of but for what was fitted. */
  get dealt(): Control<'deal'> {
    const { config, shape } = this;
    return { config: dealtConfig(config, { ...shape, sequences: 1 }), shape, digest: dealingDigest(this.of(ONE)) };
  }

  get setup(): PlanCost['setup'] {
    return this.costOf(ONE).setup;
  }

  /** What either party's device holds at most, matrices included. */
  memoryOf(passSize: PassSize): Bytes {
    const { matrices, pass } = memoryOf(this.of(passSize));
    return bytes(matrices + pass);
  }

  /** What the dealer holds at most, masks of matrices included. */
  dealerMemoryOf(passSize: PassSize): Bytes {
    const { matrices, pass } = dealerMemoryOf(this.of(passSize));
    return bytes(matrices + pass);
  }

  /** Why not even one sequence fits into a tab, with the figure; undefined where it does. */
  memoryProblem(most = MOST_MEMORY): string | undefined {
    const needed = this.memoryOf(ONE);
    const { tokens } = this.shape;
    return needed > most
      ? `one text of ${tokens} tokens through ${this.config.name} needs ${gigabytes(needed)} of memory, and a tab has ${gigabytes(most)} at most: choose a shorter padded length or a smaller model`
      : undefined;
  }

  /**
   * How many sequences a side takes in one pass whose vectors may have so many bytes, to whom so many may be dealt by a dealer that has
   * so many of memory: as if each had a prompt and a text of its own, which takes no less. At least 1; whether that one fits is `memoryProblem`'s to say, and the dealer's.
   */
  most({ vectorBytes, dealtBytes = NO_LIMIT, dealerBytes = NO_LIMIT }: MostOptions): number {
    const one = this.of(ONE);
    const fitting = (most: number, { matrices, pass }: Memory) => (most - matrices) / pass;
    const byVectors = vectorBytes / longestVector(one);
    const byDealt = dealtBytes / this.costOf(ONE).dealt;
    const byMemory = Math.min(fitting(MOST_MEMORY, memoryOf(one)), fitting(dealerBytes, dealerMemoryOf(one)));
    return Math.max(1, Math.floor(Math.min(byVectors, byDealt, byMemory, MOST_SEQUENCES)));
  }
}

const NO_LIMIT = Number.POSITIVE_INFINITY;

interface MostOptions {
  vectorBytes: Bytes;
  /** Of a dealer's own side. */
  dealtBytes?: number;
  dealerBytes?: number;
}

/** The largest batch that is computed at once, whatever its shape. */
const MOST_SEQUENCES = 4096;

export interface BeginOptions {
  role: PartyRole;
  connection: Connection;
  backend: Backend;
  plans: RunPlans;
  /** This party's matrices, in the plan's order. */
  own: AsyncIterable<NamedMatrix> | Iterable<NamedMatrix>;
  /** Sequences that the other party takes in one pass, where that is known. */
  peerMost?: number;
  /** The run before was broken off: what the dealer still sends of it is passed over. */
  afterAbort?: boolean;
  /** Passes that were dealt ahead, as both sides have them: the run takes these, and the dealer is not asked. */
  kept?: Kept;
  /** Matrices of the set-up that are through, in either direction. */
  onProgress?: (done: number, total: number) => void;
}

/** A party of its own seeds, ready for passes. Both sides call it once they have agreed on the shape. */
export async function beginRun(options: BeginOptions): Promise<Run> {
  const { role, connection, backend, plans, own, peerMost = MOST_SEQUENCES, afterAbort = false, kept } = options;
  const correlations = kept
    ? keptCorrelations(kept.half)
    : await dealtCorrelations(role, connection, plans, afterAbort);
  const { seed, most, dealer, announce } = correlations;
  const preprocessing = new DealerPreprocessing({ role, backend, seed, dealer, announce });
  const { peer } = connection;
  const ahead = kept?.half.kept.halves;
  const party = new Party({ role, backend, peer, preprocessing, ahead }, kept?.range.from);
  const line = await kept?.half.keptSetUp();
  try {
    await setUp(party, plans.of(ONE), own, options.onProgress, line);
  } finally {
    line?.done();
  }
  const least = Math.min(most, peerMost, plans.most({ vectorBytes: backend.mostVectorBytes }));
  return new Run(party, plans, least, kept && { sequences: most, to: kept.range.to });
}

/**
 * The set-up of runs to come, whose masked matrices each side keeps, and then `work` with what is on the device for it. Rejects as Party.setup does,
 * and then with what the disk refused, and as `work`.
 */
export async function setUpAhead<T>(
  half: StockHalf,
  { role, connection, backend, plans, own }: Pick<BeginOptions, 'role' | 'connection' | 'backend' | 'plans' | 'own'>,
  work: (party: Party) => Promise<T>,
): Promise<T> {
  const { peer } = connection;
  const { corrections } = half.kept;
  const seed = (pass: number) => half.keyOf(pass);
  const preprocessing = new DealerPreprocessing({ role, backend, seed, dealer: corrections });
  const party = new Party({ role, backend, peer, preprocessing });
  const line = half.keepingSetUp(peer);
  await setUp(party, plans.of(ONE), own, undefined, line);
  let isLost = false;
  try {
    await line.done();
    return await work(party);
  } catch (error) {
    isLost = error instanceof DeviceLost;
    throw error;
  } finally {
    if (!isLost) party.release();
  }
}

/** Of a party that nobody has where it fails. */
async function setUp(party: Party, ...given: Parameters<Party['setup']>): Promise<void> {
  try {
    await party.setup(...given);
  } catch (error) {
    // With a lost device everything on it went.
    if (!(error instanceof DeviceLost)) party.release();
    throw error;
  }
}

const keptCorrelations = (half: StockHalf) => ({
  seed: (pass: number) => half.keyOf(pass),
  most: half.head.sequences,
  dealer: half.kept.corrections,
  announce: (pass: number, plan: Plan) => half.begin(pass, plan),
});

async function dealtCorrelations(role: PartyRole, connection: Connection, plans: RunPlans, afterAbort: boolean) {
  const { dealer } = connection;
  const { seed, most } = await freshSeed(dealer, plans, afterAbort);
  const tell = role === 'data-owner' ? orderPass(connection) : awaitPass(connection);
  const announce = (pass: number, plan: Plan) => tell(pass, plans.sizeOf(plan));
  return { seed: seedFromHex(seed), most, dealer, announce };
}

/** Of this party, for such passes; `most`: sequences of one that the dealer takes. */
export async function freshSeed(dealer: Channel, plans: RunPlans, afterAbort: boolean): Promise<Control<'seed'>> {
  await sendControl(dealer, 'deal', plans.dealt);
  return receiveSeed(dealer, afterAbort);
}

/** Every correction of a pass that was broken off comes before it, and is of no use. */
async function receiveSeed(dealer: Channel, afterAbort: boolean): Promise<Control<'seed'>> {
  for (;;) {
    const message = await dealer.receive();
    if (afterAbort && message.kind === 'ring') continue;
    const said = afterAbort
      ? readControl(message, 'the dealer', 'seed', 'dealing')
      : readControl(message, 'the dealer', 'seed');
    if (said.type === 'seed') return said;
  }
}

/** The data owner tells the dealer what to deal. */
export const orderPass =
  ({ dealer }: Pick<Connection, 'dealer'>) =>
  (pass: number, { candidates, texts }: PassSize): Promise<void> =>
    sendControl(dealer, 'pass', { pass, candidates, texts });

/** The model owner hears from the dealer what is dealt, and that it is what it agreed to. */
export const awaitPass =
  ({ dealer }: Pick<Connection, 'dealer'>) =>
  async (pass: number, { candidates, texts }: PassSize): Promise<void> => {
    const dealing = await receiveControl(dealer, 'the dealer', 'dealing');
    if (dealing.pass !== pass || dealing.candidates !== candidates || dealing.texts !== texts) {
      throw new ProtocolError(
        `the dealer deals ${dealing.candidates} × ${dealing.texts} sequences for pass ${dealing.pass}; the data owner asked for ${candidates} × ${texts} in pass ${pass}`,
      );
    }
  };

export class Run {
  constructor(
    private readonly party: Party,
    readonly plans: RunPlans,
    /** Sequences that all sides can take in one pass. */
    readonly most: number,
    /** Passes that were dealt ahead, each of so many sequences, up to before `to`. */
    private readonly kept?: { sequences: number; to: number },
  ) {}

  /** That a pass has for so many: passes that were dealt ahead are all of one size, and filled up. */
  sizeOf(batch: PassSize): PassSize {
    return this.kept ? ofTexts(this.kept.sequences) : this.plans.sized(batch);
  }

  /** What every round of such a pass carries, and what in it waits for the dealer. */
  timelineOf(size: PassSize): PlannedRound[] {
    const rounds = this.plans.timelineOf(size, this.isKept);
    return this.isKept ? dealtBefore(rounds) : rounds;
  }

  /** Whether its passes were dealt ahead. */
  get isKept(): boolean {
    return this.kept !== undefined;
  }

  /** It has no pass any more, and another has to begin. */
  get isUsedUp(): boolean {
    return this.kept !== undefined && this.nextPass >= this.kept.to;
  }

  get nextPass(): number {
    return this.party.nextPass;
  }

  /** The passes that a batch, or a part of one, is cut into. */
  parts(batch: PassSize & Partial<PassPart>): PassPart[] {
    return cut(batch, this.most);
  }

  /** One pass of at most `most` sequences, with an input for each of its strands; see Party.run. */
  pass(
    size: PassSize,
    inputs?: readonly PassInput[],
    onRound?: (round: number) => void,
  ): Promise<{ output?: Float64Array; report: PassReport }> {
    return this.party.run(this.plans.of(size), inputs, onRound);
  }

  release(): void {
    this.party.release();
  }
}
