/** Moments of a session, each reached by the events that lead there. */
import { parseRoute } from '../../app/lib/route';
import { applyEvent } from '../../app/party/events';
import { useDataset } from '../../app/stores/dataset';
import { useDistance } from '../../app/stores/distance';
import { type ModelFiles, useOffer } from '../../app/stores/offer';
import { useSession } from '../../app/stores/session';
import { useSettings } from '../../app/stores/settings';
import { useTraffic } from '../../app/stores/traffic';
import { useTraining } from '../../app/stores/training';
import { LOST } from '../../src/net/host';
import type { Distance } from '../../src/net/probe';
import { slowConnection } from '../../src/net/slow-connection';
import type { MethodName, Role } from '../../src/session/messages';
import {
  ALONE,
  BASELINE,
  BOTH_RESULT,
  BYTES,
  byOperation,
  CODE,
  CSV,
  ENCODER,
  ENCODER_PREPARED,
  ESTIMATE,
  HEAD_RESULT,
  history,
  KEY,
  limitsOf,
  MODEL,
  PASS_ESTIMATE,
  PREPARED,
  RESULT,
  ROUNDS,
  STATE_PREPARED,
  STOCK,
} from './fixtures';
import type { SceneName } from './scene-names';

interface Scene {
  hash: string;
  prepare?(): void | Promise<void>;
}

const at = (role: Role, more = ''): string => `#/session?role=${role}&code=${CODE}&key=${KEY}${more}`;

function begin(hash: string): void {
  const route = parseRoute(hash);
  if (route.page !== 'session') throw new Error(`${hash} is no session`);
  useSession.getState().begin(route);
}

function connect(...roles: Role[]): void {
  const { setLink, setMet } = useSession.getState();
  for (const role of roles) {
    setLink(role, 'connected');
    if (role !== 'dealer') setMet(role, { role, ownServer: false, phrase: '048 271' });
  }
}

function ready(hash: string, model = MODEL): void {
  begin(hash);
  connect('data-owner', 'model-owner', 'dealer');
  applyEvent({ type: 'compute', backend: 'WebGPU (made-up adapter)' });
  applyEvent({ type: 'ready', model, limits: limitsOf(model) });
}

const load = (text = CSV, name = 'ward-notes.csv') => useDataset.getState().load('training', new File([text], name));

/** A session that broke off two minutes ago and is being made anew. */
function broken(reason: string): void {
  const { terms, begin } = useSession.getState();
  begin(terms!, { reason, since: Date.now() - 125_000 });
}

/** A title, a row without a label, one with too many cells, labels that are spelt alike, several in a cell, in two columns. */
const MESSY = `Ward notes, March
number;note;rating;urgent;seen
1;"The nurses were kind; they explained everything";Good;0;1
2;Nobody came when I called;bad;1;1
3;The room was cold all night;bad, good;1;0
4;Clean, quiet, friendly;good;0;1
5;The food came late again;;0;0
6;I waited; three; hours;bad;1;0
7;The doctor listened;GOOD;0;1
8;They lost my papers twice;bad;1;1
Total: 8
`;

function prepared(): void {
  applyEvent({
    ...PREPARED,
    warnings: ['12 texts are longer than 24 tokens and are cut.'],
    previews: [
      {
        row: 2,
        pieces: ['<s>', 'P0', 'P1', 'P2', 'P3', 'P4', 'The', ' nurses', ' were', ' kind', '<mask>', '</s>'],
        truncated: false,
      },
    ],
  });
}

const measuring = (measure: () => Promise<Distance>): void =>
  useDistance.getState().begin({ measure, tell() {}, ondealer: undefined }, 'data-owner');

/** All that a search for a prompt needs is there. */
async function readyToStart(): Promise<void> {
  ready(at('data-owner', '&host=1'));
  await load();
  useSettings.getState().setDraft('method', 'prompt');
  prepared();
}

function totals(passes: number): void {
  applyEvent({
    type: 'totals',
    rounds: 36 * passes,
    bytes: {
      toModelOwner: passes * BYTES.toModelOwner,
      toDataOwner: passes * BYTES.toDataOwner,
      dealt: passes * BYTES.dealt,
    },
    sequences: 128 * passes,
    numbers: 256 * passes,
    astray: 0,
    clamped: 0,
    ahead: 0,
    passes,
    byOperation: byOperation(passes),
  });
}

async function training(generations: number, method: MethodName = 'prompt'): Promise<void> {
  ready(at('data-owner', '&host=1'));
  await load();
  useSettings.getState().setDraft('method', method);
  const before = useTraffic.getState().totals;
  useTraining.getState().begin({ ...PREPARED.settings, method }, { run: ESTIMATE, before });
  applyEvent({ type: 'baseline', evaluation: BASELINE, alone: ALONE });
  for (const record of history(generations)) {
    applyEvent({ type: 'generation', record, secondsLeft: (30 - record.generation) * 9.4 });
  }
  totals(generations + 4);
  applyEvent({ type: 'rounds', sequences: 128, rounds: ROUNDS });
  applyEvent({ type: 'round', round: 2 });
}

function offer(): void {
  const config = {
    name: 'tiny-rfa',
    model_type: 'roberta',
    task: 'masked-lm',
    num_hidden_layers: 2,
    hidden_size: 64,
    num_attention_heads: 4,
    intermediate_size: 128,
    attention: 'rfa',
    num_frequencies: 32,
    vocab_size: 8192,
  };
  useOffer.setState({
    files: {
      name: 'tiny',
      config: '',
      tokenizer: '',
      weights: [new Blob([new Uint8Array(2_463_000)])],
      privateParameters: 83_200,
      summary: config as never,
      estimate: PASS_ESTIMATE,
    },
  });
}

/** A checkpoint from the hub, as it is when it was read. */
function stock(more: Partial<ModelFiles> = {}): void {
  begin(at('model-owner'));
  connect('data-owner', 'dealer');
  offer();
  const { files } = useOffer.getState();
  const summary = {
    ...files!.summary,
    name: 'sentence-transformers/all-MiniLM-L6-v2',
    model_type: 'bert',
    task: 'embedding',
    pooling: 'mean',
    num_hidden_layers: 6,
    hidden_size: 384,
    num_attention_heads: 12,
    intermediate_size: 1536,
    attention: 'softmax',
    num_frequencies: 0,
    vocab_size: 30_522,
  } as const;
  useOffer.setState({ files: { ...files!, name: summary.name, summary, estimate: undefined, ...more } });
}

function passes(count: number, { sequences, each } = { sequences: 128, each: 2 }): void {
  const numbers = sequences * each;
  for (let i = 1; i <= count; i++) {
    applyEvent({
      type: 'pass',
      ...{ sequences, numbers, budgetUsed: numbers * i, budget: 100_000 * each },
      ...{ tokens: 24, seconds: 8.8, rounds: 36, bytes: BYTES },
    });
  }
  totals(count);
}

/** With a sentence encoder, as far as so many texts are computed. */
async function encoding(done?: number): Promise<void> {
  ready(at('data-owner'), ENCODER);
  await load();
  if (done === undefined) return;
  useTraining.getState().begin(ENCODER_PREPARED.settings);
  passes(done / 8, { sequences: 8, each: 384 });
  applyEvent({ type: 'progress', label: 'Computing the texts', done, total: 500, secondsLeft: 312 });
}

export const SCENES: Record<SceneName, Scene> = {
  lobby: { hash: '#/' },
  invited: { hash: `#/join/${CODE}?role=model-owner&key=${KEY}` },
  'trial-data': {
    hash: at('data-owner', '&solo=1'),
    prepare: async () => {
      ready(at('data-owner', '&solo=1'));
      await useDataset.getState().loadSample();
      applyEvent(STATE_PREPARED);
    },
  },
  'trial-model': {
    hash: at('model-owner', '&host=1&solo=1'),
    prepare: () => begin(at('model-owner', '&host=1&solo=1')),
  },
  'data-waiting': {
    hash: at('data-owner', '&host=1'),
    prepare: () => {
      begin(at('data-owner', '&host=1'));
      useSession.getState().setTurned({ away: 5, codeVoid: true });
    },
  },
  'data-measured': {
    hash: at('data-owner', '&host=1'),
    prepare: async () => {
      await readyToStart();
      const distance = { roundTripMs: 24.3, bandwidth: 38.2e6, way: 'relayed' } as const;
      measuring(async () => distance);
    },
  },
  'data-measuring': {
    hash: at('data-owner', '&host=1'),
    prepare: async () => {
      await readyToStart();
      measuring(() => new Promise(() => {}));
    },
  },
  'data-unmeasured': {
    hash: at('data-owner', '&host=1'),
    prepare: async () => {
      await readyToStart();
      measuring(() => Promise.reject(new Error('the other side did not answer')));
    },
  },
  'network-slow': {
    hash: at('data-owner'),
    prepare: () => {
      begin(at('data-owner'));
      const found = { kinds: new Set(['host']), hasTurn: false, trouble: undefined };
      const attempt = { answered: true, gathering: 'complete', state: 'checking', found } as const;
      useSession.getState().setLink('model-owner', 'waiting', slowConnection(attempt));
    },
  },
  'network-no-server': {
    hash: at('model-owner', '&host=1'),
    prepare: () => {
      begin(at('model-owner', '&host=1'));
      useSession.getState().setLink('data-owner', 'waiting', LOST);
    },
  },
  'network-lost': {
    hash: at('model-owner', '&host=1'),
    prepare: () => {
      begin(at('model-owner', '&host=1'));
      connect('data-owner', 'dealer');
      useSession.getState().setLink('data-owner', 'lost');
    },
  },
  'data-ready': {
    hash: at('data-owner', '&host=1'),
    prepare: readyToStart,
  },
  'data-messy': {
    hash: at('data-owner', '&host=1'),
    prepare: async () => {
      ready(at('data-owner', '&host=1'));
      await load(MESSY, 'ward notes, March.csv');
    },
  },
  'head-ready': {
    hash: at('data-owner', '&host=1'),
    prepare: async () => {
      ready(at('data-owner', '&host=1'));
      await load();
      applyEvent(STATE_PREPARED);
    },
  },
  'head-over-budget': {
    hash: at('data-owner', '&host=1'),
    prepare: async () => {
      ready(at('data-owner', '&host=1'));
      await load();
      useSession.setState(({ limits }) => ({ limits: limits && { ...limits, session: 20_000 } }));
      useSettings.getState().setDraft('shots', '200');
      applyEvent({
        ...STATE_PREPARED,
        warnings: [
          'The whole run opens up to 32,064 numbers to you, and the model owner lets only 20,000 more be opened. Ask it to raise its limit, or choose a smaller run: otherwise this one ends there, with what it has come to.',
        ],
      });
    },
  },
  'both-result': {
    hash: at('data-owner', '&host=1'),
    prepare: async () => {
      await training(20, 'prompt and head');
      applyEvent({ type: 'finished', result: BOTH_RESULT });
    },
  },
  'data-invalid': {
    hash: at('data-owner'),
    prepare: async () => {
      ready(at('data-owner'));
      await load();
      await load('text,label\nonly one cell\n', 'broken.csv');
      useSettings.getState().setDraft('method', 'prompt and head');
      useSettings.getState().setDraft('sigma', 'half');
      useSettings.getState().setWord('negative', 'abysmal');
      applyEvent({
        type: 'invalid',
        problems: [
          {
            field: 'labelWords.negative',
            message:
              '“abysmal”, the word for “negative”, is not known to the model in one piece: it reads “ab” + “ys” + “mal”. Try “absent”.',
            suggestions: ['absent', 'able'],
          },
        ],
      });
    },
  },
  'training-first': {
    hash: at('data-owner', '&host=1'),
    prepare: async () => {
      ready(at('data-owner', '&host=1'));
      await load();
      useSettings.getState().setDraft('method', 'prompt');
      useTraining.getState().begin({ ...PREPARED.settings, method: 'prompt' });
      applyEvent({ type: 'progress', label: 'Measuring the untuned prompt', done: 24, total: 64, secondsLeft: 11 });
    },
  },
  training: {
    hash: at('data-owner', '&host=1'),
    prepare: async () => {
      await training(17);
      applyEvent({ type: 'progress', label: 'Generation 18: layer 2 of 2', done: 31, total: 36, secondsLeft: 1.4 });
    },
  },
  stopping: {
    hash: at('data-owner', '&host=1'),
    prepare: async () => {
      await training(4);
      useTraining.getState().setPhase('stopping');
    },
  },
  result: {
    hash: at('data-owner', '&host=1'),
    prepare: async () => {
      await training(30);
      applyEvent({ type: 'finished', result: { ...RESULT, ended: 'stopped' } });
      useTraining.getState().begin(useTraining.getState().settings!);
      applyEvent({ type: 'finished', result: RESULT });
      applyEvent({
        type: 'classified',
        classifications: [
          {
            text: 'The doctor listened and the room was bright.',
            label: 'positive',
            probabilities: { positive: 0.91, negative: 0.09 },
          },
          {
            text: 'It took them a week to call.',
            label: 'negative',
            probabilities: { positive: 0.34, negative: 0.66 },
          },
        ],
      });
    },
  },
  'data-ended': {
    hash: at('data-owner', '&host=1'),
    prepare: async () => {
      await training(12);
      applyEvent({
        type: 'ended',
        reason: 'The model owner closed its page or lost its network.',
        expected: false,
        final: true,
        saved: 'The best prompt so far (generation 10) and the history of 12 generations are kept.',
        result: { ...RESULT, ended: 'stopped', bestGeneration: 10, history: history(12) },
      });
    },
  },
  'encoder-ready': {
    hash: at('data-owner'),
    prepare: async () => {
      await encoding();
      applyEvent({
        ...ENCODER_PREPARED,
        warnings: ['Accuracy is measured on 64 examples, so it is known to about 12 points up or down.'],
      });
    },
  },
  'encoder-stocking': {
    hash: at('data-owner'),
    prepare: async () => {
      await encoding();
      applyEvent(ENCODER_PREPARED);
      applyEvent({
        type: 'stock',
        kept: { ...STOCK, bytes: 0, passes: 12 },
        making: { done: 12, total: 125, secondsLeft: 1940 },
      });
    },
  },
  'encoder-stocked': {
    hash: at('data-owner'),
    prepare: async () => {
      await encoding();
      applyEvent(ENCODER_PREPARED);
      applyEvent({
        type: 'stock',
        kept: { ...STOCK, bytes: 0 },
        problem: "The model owner's disk did not take what was prepared ahead: there is no room left on the disk.",
      });
    },
  },
  'encoder-loaded': {
    hash: at('data-owner'),
    prepare: async () => {
      await encoding();
      applyEvent({ type: 'loaded', what: 'head', labels: ['negative', 'positive'] });
      applyEvent({ type: 'unloadable', message: 'This file belongs to the model “bge-small”, not to this one.' });
    },
  },
  'encoder-training': { hash: at('data-owner'), prepare: () => encoding(96) },
  'encoder-result': {
    hash: at('data-owner'),
    prepare: async () => {
      await encoding(496);
      applyEvent({ type: 'finished', result: HEAD_RESULT });
      useTraining.getState().begin(useTraining.getState().settings!);
      applyEvent({ type: 'finished', result: HEAD_RESULT });
      useTraining.getState().beginClassifying(['fine', '']);
      applyEvent({ type: 'invalid', problems: [{ message: 'Text 2 is empty.' }] });
    },
  },
  'model-choice': { hash: at('model-owner'), prepare: () => begin(at('model-owner')) },
  'model-uncalibrated': { hash: at('model-owner'), prepare: () => stock() },
  'model-calibrating': {
    hash: at('model-owner'),
    prepare: () => {
      stock();
      useOffer.setState({ calibrating: { fraction: 0.37, secondsLeft: 74 } });
    },
  },
  'model-calibrated': {
    hash: at('model-owner'),
    prepare: () => {
      stock({ estimate: PASS_ESTIMATE, calibration: { json: '{}', tensors: new Blob(['x']) } });
      useOffer.setState({
        calibrationProblem: 'reviews.txt: it has no text: one text a line is needed',
      });
    },
  },
  'model-too-large': {
    hash: at('model-owner'),
    prepare: () =>
      stock({
        calibration: { json: '{}', tensors: new Blob(['x']) },
        estimate: {
          ...PASS_ESTIMATE,
          memory: 9.8e9,
          problem:
            'one text of 32 tokens through some/large needs 6.1 GB of memory, and a tab has 3.8 GB at most: choose a shorter padded length or a smaller model',
        },
      }),
  },
  'model-offering': {
    hash: at('model-owner'),
    prepare: () => {
      begin(at('model-owner'));
      connect('data-owner', 'dealer');
      offer();
    },
  },
  'model-passes': {
    hash: at('model-owner'),
    prepare: () => {
      ready(at('model-owner'));
      offer();
      useOffer.getState().setOffered(20_000);
      passes(14);
      applyEvent({ type: 'rounds', sequences: 128, rounds: ROUNDS });
      applyEvent({ type: 'round', round: 3 });
      applyEvent({ type: 'progress', label: 'Pass 15', done: 20, total: 36, secondsLeft: 4 });
    },
  },
  'model-stocking': {
    hash: at('model-owner'),
    prepare: () => {
      ready(at('model-owner'));
      offer();
      useOffer.getState().setOffered(20_000);
      applyEvent({ type: 'stock', kept: STOCK, making: { done: 40, total: 125, secondsLeft: 1470 } });
    },
  },
  'model-paused': {
    hash: at('model-owner'),
    prepare: () => {
      ready(at('model-owner'));
      offer();
      useOffer.getState().setOffered(20_000);
      passes(14);
      applyEvent({ type: 'activity', state: 'paused' });
    },
  },
  'model-away': {
    hash: at('model-owner'),
    prepare: () => {
      ready(at('model-owner'));
      offer();
      useOffer.getState().setOffered(20_000);
      useSession.getState().setThere({ doing: 'reading', away: true });
    },
  },
  'data-returning': {
    hash: at('data-owner', '&host=1'),
    prepare: async () => {
      await training(12);
      const reason = 'The model owner is gone: the other side closed its page or lost its network';
      const result = { ...RESULT, ended: 'stopped' as const, bestGeneration: 10, history: history(12) };
      applyEvent({ type: 'ended', reason, expected: false, final: false, saved: '', result });
      broken(reason);
    },
  },
  'data-kept-run': {
    hash: at('data-owner', '&host=1'),
    prepare: () => {
      ready(at('data-owner', '&host=1'));
      applyEvent({
        type: 'checkpoint',
        found: {
          method: 'prompt',
          settings: { ...PREPARED.settings, method: 'prompt' },
          unit: 'generation',
          done: 12,
          total: 30,
          numbers: 3400,
        },
        problem: 'Load the same data to go on with it.',
      });
    },
  },
  'data-silent': {
    hash: at('data-owner', '&host=1'),
    prepare: async () => {
      await training(12);
      useSession.getState().setSilent(7);
    },
  },
  'model-returning': {
    hash: at('model-owner'),
    prepare: () => {
      ready(at('model-owner'));
      offer();
      useOffer.getState().setOffered(20_000);
      passes(14);
      broken('The data owner is gone: the other side has been silent for 4.5 s');
    },
  },
  'model-ended': {
    hash: at('model-owner'),
    prepare: () => {
      begin(at('model-owner'));
      applyEvent({
        type: 'ended',
        reason:
          'Nobody is waiting under the code 7KQ2-M9XD-4TRW. Check the code, and that the other person’s page is open.',
        expected: false,
        final: true,
        saved: '',
      });
    },
  },
  'dealer-waiting': {
    hash: at('dealer'),
    prepare: () => {
      begin(at('dealer'));
      connect('data-owner');
    },
  },
  dealer: {
    hash: at('dealer'),
    prepare: () => {
      ready(at('dealer'));
      totals(14);
    },
  },
};
