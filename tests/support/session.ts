/** A session of three roles in one process, with a small random model that has a tokenizer and files: for tests only. */

import type { Backend } from '../../src/compute/backend';
import { WasmBackend } from '../../src/compute/wasm/wasm-backend';
import type { Example } from '../../src/data/dataset';
import { memoryBytes } from '../../src/models/byte-source';
import type { ModelConfig } from '../../src/models/config';
import { type ModelFiles, openModel, readModel } from '../../src/models/own-model';
import { writeSafetensors } from '../../src/models/safetensors';
import { FramedChannel } from '../../src/net/frames';
import { type MemoryOptions, memoryPair } from '../../src/net/memory';
import { connection } from '../../src/session/connection';
import { type CheckpointStore, SealedCheckpoint } from '../../src/session/data-owner/checkpoint';
import { DataOwner } from '../../src/session/data-owner/data-owner';
import { type DealerOptions, runDealer } from '../../src/session/dealer';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import { Device } from '../../src/session/device';
import { packExamples } from '../../src/session/examples';
import type { AskedSettings, PromptResult, Result, SessionEvent, TuningSettings } from '../../src/session/messages';
import { ModelOwner } from '../../src/session/model-owner';
import { Stock } from '../../src/session/stock/stock';
import type { StockStore } from '../../src/session/stock/store';
import { randomModel } from './random-model';

const WORDS = `the a was is in short , it . great awful kind rude staff nurse doctor room wait long clean cold food
  good bad and but very not felt cared for me my call ignored thank you never again helpful slow`.split(/\s+/);

export const TOKENS = ['<s>', '<pad>', '</s>', '<unk>', '<mask>', ...WORDS];

export const tokenizerJson = JSON.stringify({
  version: '1.0',
  added_tokens: ['<s>', '<pad>', '</s>', '<unk>', '<mask>'].map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: null,
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '<unk>',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(TOKENS.map((token, id) => [token, id])),
  },
});

const models = new Map<string, ReturnType<typeof randomModel>>();

/** Calibrating takes a while, and every session has a model. */
function model(seed: number, overrides: Partial<ModelConfig>) {
  const key = JSON.stringify([seed, overrides]);
  const made = models.get(key) ?? randomModel(seed, { vocab_size: TOKENS.length, ...overrides });
  models.set(key, made);
  return made;
}

/** Weights of another seed under the same configuration: what a model owner may keep secret. */
export const modelFiles = async (seed = 3, weightSeed = seed, overrides: Partial<ModelConfig> = {}) => {
  const { config } = await model(seed, overrides);
  const weights = (await model(weightSeed, overrides)).tensors;
  return {
    config: JSON.stringify(config),
    tokenizer: tokenizerJson,
    weights: [memoryBytes(writeSafetensors(weights, { dtype: 'F32' }))],
  };
};

/** Of a sentence encoder. */
export const encoderFiles = async (seed = 3, weightSeed = seed) => ({
  ...(await modelFiles(seed, weightSeed, { task: 'embedding', pooling: 'mean' })),
});

export const examples: Example[] = Array.from({ length: 36 }, (_, i) => ({
  text:
    i % 2 === 0
      ? `the nurse was kind and helpful . thank you ${WORDS[i]}`
      : `rude staff , cold food , never again ${WORDS[i]}`,
  label: i % 2 === 0 ? 'positive' : 'negative',
  row: i + 2,
}));

export const settings: TuningSettings = {
  ...DEFAULT_SETTINGS,
  method: 'prompt',
  labelWords: { positive: 'great', negative: 'awful' },
  promptTokens: 4,
  tokens: 16,
  dimension: 6,
  population: 4,
  batch: 4,
  generations: 3,
  heldOut: 6,
  evaluateEvery: 2,
  seed: 5,
};

export function promptResult(result: Result | undefined): PromptResult {
  if (result?.method !== 'prompt') throw new Error(`no prompt was searched for: ${result?.method}`);
  return result;
}

/** The key of all these sessions' invitation. */
const INVITATION = new Uint8Array(16).fill(7);

export interface SessionOptions extends Omit<DealerOptions, 'backend'> {
  budget?: number;
  /** Of the budget, opened in sessions before. */
  used?: number;
  /** Numbers of a sequence. */
  mostOfSequence?: number;
  model?: ModelFiles;
  /** The model is offered as it is, however little it fits: by a model owner that deviates. */
  unchecked?: boolean;
  /** Milliseconds, of each party. */
  mostSilence?: { data?: number; model?: number };
  /** Where the data owner keeps its runs; none by default. */
  store?: CheckpointStore;
  /** Where either side keeps what is prepared ahead; nowhere by default. */
  stocks?: { data?: StockStore; model?: StockStore };
  /** Default: WebAssembly. */
  backends?: Record<'data' | 'model' | 'dealer', Backend>;
  peer?: MemoryOptions;
  dealerToData?: MemoryOptions;
  dealerToModel?: MemoryOptions;
}

export async function openSession({
  budget = 10_000,
  used = 0,
  mostOfSequence = 1000,
  mostSilence,
  model,
  unchecked,
  store,
  stocks = {},
  backends: given,
  peer,
  dealerToData,
  dealerToModel,
  ...dealing
}: SessionOptions = {}) {
  const create = () => WasmBackend.create();
  const backends = given ?? { data: await create(), model: await create(), dealer: await create() };
  const pair = (options?: MemoryOptions) =>
    memoryPair(options).map((link) => new FramedChannel(link)) as [FramedChannel, FramedChannel];
  const [dataPeer, modelPeer] = pair(peer);
  const [dataDealer, dealerData] = pair(dealerToData);
  const [modelDealer, dealerModel] = pair(dealerToModel);
  const events = { data: [] as SessionEvent[], model: [] as SessionEvent[] };
  const data = connection(dataPeer, dataDealer, 'data-owner', mostSilence?.data);
  const modelSide = connection(modelPeer, modelDealer, 'model-owner', mostSilence?.model);
  const device = (side: 'data' | 'model') => new Device(backends[side], (event) => events[side].push(event));
  const kept = store && new SealedCheckpoint(store, INVITATION);
  const emit = (side: 'data' | 'model') => (event: SessionEvent) => void events[side].push(event);
  const stockOf = (side: 'data' | 'model') =>
    new Stock({
      store: stocks[side],
      secret: INVITATION,
      role: `${side}-owner`,
      connection: side === 'data' ? data : modelSide,
      emit: emit(side),
    });
  const dataOwner = new DataOwner(data, device('data'), emit('data'), stockOf('data'), kept);
  const own = await (unchecked ? readModel : openModel)(model ?? (await modelFiles()));
  const limits = { budget, used, mostOfSequence };
  const modelOwner = new ModelOwner(modelSide, device('model'), own, limits, emit('model'), stockOf('model'));
  const served = modelOwner.serve().catch(modelSide.fail);
  const dealt = runDealer(
    { dataOwner: dealerData, modelOwner: dealerModel },
    { backend: backends.dealer, ...dealing },
  ).catch((error: Error) => {
    dealerData.close(error.message);
    dealerModel.close(error.message);
    return error;
  });
  const find = <T extends SessionEvent['type']>(side: 'data' | 'model', type: T) =>
    events[side].filter((event): event is SessionEvent & { type: T } => event.type === type);
  /** What searches for a prompt came to. */
  const found = (): PromptResult[] => find('data', 'finished').map(({ result }) => promptResult(result));
  /** As a page does when data or settings change. */
  const prepare = (chosen: AskedSettings = settings, data = examples) => {
    dataOwner.setData({ examples: packExamples(data) });
    dataOwner.prepare(chosen);
  };
  return {
    dataOwner,
    prepare,
    modelOwner,
    data,
    modelSide,
    served,
    dealt,
    events,
    find,
    found,
    channels: { dataPeer, modelPeer, dataDealer, dealerData, modelDealer, dealerModel },
  };
}

export type Session = Awaited<ReturnType<typeof openSession>>;

export async function trained(options?: SessionOptions, chosen = settings, data = examples) {
  const session = await openSession(options);
  await session.dataOwner.connect();
  session.prepare(chosen, data);
  await session.dataOwner.train();
  return session;
}
