/** Three roles in one process over in-memory links, each with its own backend: for tests only. */
import type { Backend } from '../../src/compute/backend';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { FramedChannel } from '../../src/net/frames';
import { type MemoryOptions, memoryPair } from '../../src/net/memory';
import type { Plan } from '../../src/program/plan';
import { Dealing } from '../../src/protocol/dealing';
import { type OwnMatrix, Party } from '../../src/protocol/party';
import { newSeed } from '../../src/random/seed';

export interface Harness {
  dataOwner: Party;
  modelOwner: Party;
  dealing: Dealing;
  channels: Record<'dataToModel' | 'modelToData' | 'dataToDealer' | 'modelToDealer' | 'dealerToModel', FramedChannel>;
}

export interface HarnessOptions {
  seeds?: { 'data-owner': Uint8Array; 'model-owner': Uint8Array };
  backend?: () => Backend;
  link?: MemoryOptions;
  /** Of the line between model owner (end 0) and dealer (end 1). */
  dealerLink?: MemoryOptions;
}

export function harness(options: HarnessOptions = {}): Harness {
  const seeds = options.seeds ?? { 'data-owner': newSeed(), 'model-owner': newSeed() };
  const backend = options.backend ?? (() => new CpuBackend());
  const [dataToModel, modelToData] = memoryPair(options.link).map((link) => new FramedChannel(link)) as [
    FramedChannel,
    FramedChannel,
  ];
  const [dataToDealer] = memoryPair().map((link) => new FramedChannel(link)) as [FramedChannel];
  const [modelToDealer, dealerToModel] = memoryPair(options.dealerLink).map((link) => new FramedChannel(link)) as [
    FramedChannel,
    FramedChannel,
  ];
  const party = (role: 'data-owner' | 'model-owner', peer: FramedChannel, dealer: FramedChannel) =>
    new Party({ role, backend: backend(), seed: seeds[role], peer, dealer });
  return {
    dataOwner: party('data-owner', dataToModel, dataToDealer),
    modelOwner: party('model-owner', modelToData, modelToDealer),
    dealing: new Dealing(backend(), seeds),
    channels: { dataToModel, modelToData, dataToDealer, modelToDealer, dealerToModel },
  };
}

export async function setUp(
  h: Harness,
  plan: Plan,
  weights: Map<string, OwnMatrix>,
  readout: ArrayLike<number>,
): Promise<void> {
  h.dealing.setup(plan);
  await Promise.all([
    h.dataOwner.setup(plan, new Map([['readout', { values: readout }]])),
    h.modelOwner.setup(plan, weights),
  ]);
}

export async function runPass(
  h: Harness,
  plan: Plan,
  batch: { embedded: ArrayLike<number>; kept: ArrayLike<number>; prompts?: Record<string, ArrayLike<number>> },
) {
  const input = { inputs: { embedded: batch.embedded, ...batch.prompts }, masks: { kept: batch.kept } };
  const [data, model, dealt] = await Promise.all([
    h.dataOwner.run(plan, input),
    h.modelOwner.run(plan),
    h.dealing.deal(plan, h.channels.dealerToModel),
  ]);
  return { logits: data.output!, data: data.report, model: model.report, dealt };
}
