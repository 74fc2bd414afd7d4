/**
 * Three roles in one process over in-memory links, each with its own backend: to count, to check and to test. Nobody is protected from
 * anybody here.
 */
import type { Backend } from '../src/compute/backend';
import { WasmBackend } from '../src/compute/wasm/wasm-backend';
import type { Matrix, NamedMatrix } from '../src/graph/matrix';
import { DealerPreprocessing } from '../src/mpc/dealer-preprocessing';
import { Dealing } from '../src/mpc/dealing';
import type { Source } from '../src/mpc/flight';
import { Party } from '../src/mpc/party';
import type { Plan } from '../src/mpc/plan';
import type { Link } from '../src/net/channel';
import type { PartyRole } from '../src/net/code';
import { FramedChannel } from '../src/net/frames';
import { type MemoryOptions, memoryPair } from '../src/net/memory';
import { newSeed } from '../src/random/seed';
import type { Bytes } from '../src/ring/units';

export interface Harness {
  dataOwner: Party;
  modelOwner: Party;
  dealing: Dealing;
  channels: Record<
    'dataToModel' | 'modelToData' | 'dataToDealer' | 'modelToDealer' | 'dealerToData' | 'dealerToModel',
    FramedChannel
  >;
  /** Deals a pass to both. */
  deal(plan: Plan): Promise<Bytes>;
  /** Bytes that the dealer has sent so far, to both. */
  dealt(): number;
}

export interface HarnessOptions {
  seeds?: { 'data-owner': Uint8Array; 'model-owner': Uint8Array };
  /** Default: WebAssembly. */
  backend?: () => Backend | Promise<Backend>;
  link?: MemoryOptions;
  /** Of the line between the model owner (end 0) and the dealer (end 1), and of the data owner's, by default the same. */
  dealerLink?: MemoryOptions;
  dataDealerLink?: MemoryOptions;
  /** Where what the data owner said ahead of passes is read from, and what the dealer dealt ahead; by default it deals as it goes. */
  ahead?: Source;
  corrections?: Source;
  /** Every end of a line, by whose it is, may be wrapped in another. */
  wrap?: (link: Link, role: PartyRole | 'dealer') => Link;
}

export async function harness(options: HarnessOptions = {}): Promise<Harness> {
  const seeds = options.seeds ?? { 'data-owner': newSeed(), 'model-owner': newSeed() };
  const backend = options.backend ?? (() => WasmBackend.create());
  const { wrap = (link) => link } = options;
  const pair = (link: MemoryOptions | undefined, ...roles: [PartyRole | 'dealer', PartyRole | 'dealer']) =>
    memoryPair(link).map((end, i) => new FramedChannel(wrap(end, roles[i]!))) as [FramedChannel, FramedChannel];
  const [dataToModel, modelToData] = pair(options.link, 'data-owner', 'model-owner');
  const [dataToDealer, dealerToData] = pair(options.dataDealerLink ?? options.dealerLink, 'data-owner', 'dealer');
  const [modelToDealer, dealerToModel] = pair(options.dealerLink, 'model-owner', 'dealer');
  const party = async (role: PartyRole, peer: FramedChannel, dealer: FramedChannel) => {
    const device = await backend();
    const from = (role === 'model-owner' && options.corrections) || dealer;
    const preprocessing = new DealerPreprocessing({ role, backend: device, seed: seeds[role], dealer: from });
    return new Party({ role, backend: device, peer, preprocessing, ahead: options.ahead });
  };
  const dataOwner = await party('data-owner', dataToModel, dataToDealer);
  const modelOwner = await party('model-owner', modelToData, modelToDealer);
  const dealing = new Dealing(await backend(), seeds);
  return {
    dataOwner,
    modelOwner,
    dealing,
    channels: { dataToModel, modelToData, dataToDealer, modelToDealer, dealerToData, dealerToModel },
    dealt: () => dealerToData.sent.body.ring + dealerToModel.sent.body.ring,
    deal: (plan) => dealing.deal(plan, { 'data-owner': dealerToData, 'model-owner': dealerToModel }),
  };
}

/** The label words' columns [hidden, columns] as the data owner's matrix. */
export const readoutMatrix = (values: Float64Array, columns: number): NamedMatrix => ({
  name: 'readout',
  inputs: values.length / columns,
  outputs: columns,
  values,
  bias: new Float64Array(columns),
});

/** The model owner's matrices in the plan's order. */
export const inPlanOrder = (plan: Plan, weights: ReadonlyMap<string, Matrix>): NamedMatrix[] =>
  plan.weights.flatMap(({ name, owner }) => {
    if (owner === 'data-owner') return [];
    const matrix = weights.get(name);
    if (!matrix) throw new Error(`no matrix ${name}`);
    return [{ ...matrix, name }];
  });

export async function setUp(
  h: Harness,
  plan: Plan,
  weights: ReadonlyMap<string, Matrix>,
  readout: Float64Array = new Float64Array(),
): Promise<void> {
  h.dealing.setup(plan);
  const isRead = plan.output.kind === 'readout';
  await Promise.all([
    h.dataOwner.setup(plan, isRead ? [readoutMatrix(readout, plan.output.shape.at(-1) ?? 1)] : []),
    h.modelOwner.setup(plan, inPlanOrder(plan, weights)),
  ]);
}
