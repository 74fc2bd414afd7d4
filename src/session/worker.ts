/**
 * A party's worker: turns the page's commands into a session and the session's news into events.
 *
 * Everything secret and slow happens here, so a hidden tab keeps training and a visible one stays responsive.
 */
import type { Backend } from '../compute/backend';
import { createBackend } from '../compute/create';
import { blobBytes } from '../models/byte-source';
import { openModel } from '../models/own-model';
import { ChannelClosed } from '../net/channel';
import { FramedChannel } from '../net/frames';
import { DATA_CHUNK } from '../net/link';
import { portLink } from '../net/port';
import { browserCheckpoints } from './checkpoint-store';
import { type Connection, connection, LEFT } from './connection';
import { SealedCheckpoint } from './data-owner/checkpoint';
import { DataOwner } from './data-owner/data-owner';
import { RefusedError } from './data-owner/passes';
import { runDealer } from './dealer';
import { Device } from './device';
import { MOST_DEALT } from './limits';
import type {
  CheckpointSummary,
  Command,
  DataOwnerCommands,
  DealerCommands,
  ModelOwnerCommands,
  Open,
  OpenDealer,
  OpenParty,
  Result,
  SessionEvent,
} from './messages';
import { ModelOwner } from './model-owner';
import { browserStock } from './stock/browser-store';
import { Stock } from './stock/stock';

/** What a role does with each of its commands. */
type Table<Commands> = { readonly [Name in keyof Commands]: (command: Commands[Name]) => unknown };

/** The table of the role that this worker has. */
type AnyTable = Partial<Table<ModelOwnerCommands & DataOwnerCommands>>;

/** Between two signs of life. */
const ALIVE_MS = 1000;

const emit = (event: SessionEvent): void => postMessage(event);

let table: AnyTable | undefined;
/** Commands that came while the session was opening. */
const early: Command[] = [];

// A worker can be dead or stuck without a word, so it says that it is not.
setInterval(() => emit({ type: 'alive' }), ALIVE_MS);

addEventListener('message', ({ data }: MessageEvent<Open | Command>) => {
  if (data.type === 'open') void open(data);
  else if (table) follow(table, data);
  else early.push(data);
});

/** What another role would do is not for this one to do. */
function follow(table: AnyTable, command: Command): void {
  const action: ((command: never) => unknown) | undefined = table[command.type];
  action?.(command as never);
}

async function open(command: Open): Promise<void> {
  try {
    const { backend, notice } = await createBackend(command.backend);
    emit({ type: 'compute', backend: backend.name, notice });
    table = openAs(command, backend);
    for (const waiting of early.splice(0)) follow(table, waiting);
  } catch (error) {
    emit({ type: 'ended', reason: (error as Error).message, expected: false, final: true, saved: '' });
  }
}

function openAs(command: Open, backend: Backend): AnyTable {
  if (command.role === 'dealer') return openDealer(command, backend);
  return command.role === 'model-owner' ? openModelOwner(command, backend) : openDataOwner(command, backend);
}

/** A party's two channels, and the event with which its session ends. */
function connect(command: OpenParty, ending: (final: boolean) => { saved: string; result?: Result }) {
  const peer = new FramedChannel(portLink(command.peer, DATA_CHUNK));
  // A dealer is ahead by as much as a pass.
  const dealer = new FramedChannel(portLink(command.dealer, DATA_CHUNK), { mostUnread: 2 * MOST_DEALT });
  const connected: Connection = connection(peer, dealer, command.role);
  let leaving = false;
  connected.ended.then((reason) =>
    emit({
      type: 'ended',
      reason: leaving ? 'You left the session.' : reason,
      expected: leaving,
      final: connected.final,
      ...ending(connected.final),
    }),
  );
  const leave = () => {
    leaving = true;
    connected.end(`the other side ${LEFT}`);
  };
  return { connected, leave };
}

/** What is prepared ahead under this invitation. */
const stockOf = ({ key: secret, role }: OpenParty, connection: Connection): Stock =>
  new Stock({ store: browserStock(), secret, role, connection, emit });

function openModelOwner(command: OpenParty, backend: Backend): Table<ModelOwnerCommands> {
  const { connected, leave } = connect(command, () => ({ saved: 'No weight of your model has left this tab.' }));
  let owner: ModelOwner | undefined;
  /** The budget agreed to last: it may change while the model is being opened. */
  let numbers = 0;
  return {
    async offer({ config, tokenizer, weights, calibration: kept, budget, used, mostOfSequence }) {
      numbers = budget;
      emit({ type: 'progress', label: 'Checking every value of the model', done: 0, total: 0 });
      try {
        const calibration = kept && { json: kept.json, tensors: kept.tensors && blobBytes(kept.tensors) };
        const model = await openModel({ config, tokenizer, calibration, weights: weights.map(blobBytes) });
        owner = new ModelOwner(
          connected,
          new Device(backend, emit),
          model,
          { budget: numbers, used, mostOfSequence },
          emit,
          stockOf(command, connected),
        );
      } catch (error) {
        emit({ type: 'unusable', message: (error as Error).message });
        return;
      }
      await owner.serve().catch(connected.fail);
    },
    budget(command) {
      numbers = command.numbers;
      if (owner) owner.budget = numbers;
    },
    stopStock: () => owner?.stopKeeping(),
    unstock: () => owner?.unstock(),
    leave,
  };
}

function openDataOwner(command: OpenParty, backend: Backend): Table<DataOwnerCommands> {
  const { connected, leave } = connect(command, (final) => {
    // A run that goes on is compared when it ends.
    const result = final ? owner.saved : owner.bestSoFar;
    return { saved: result ? keptOf(result) : resumableOf(owner.resumable), result };
  });
  const kept = new SealedCheckpoint(browserCheckpoints(), command.key);
  const owner = new DataOwner(connected, new Device(backend, emit), emit, stockOf(command, connected), kept);
  const { fail } = connected;
  const connecting = owner.connect();
  connecting.catch(fail);
  /** In the order in which they came, once the model is there. */
  const then = (action: () => unknown): unknown => connecting.then(action).catch(fail);
  /** A refusal ends nothing but what was refused. */
  const refused = (error: Error): void => {
    if (!(error instanceof RefusedError)) throw error;
    emit({ type: 'invalid', problems: [{ message: error.message }] });
  };
  const trained = async (run: Promise<void>): Promise<void> => {
    try {
      await run;
    } catch (error) {
      refused(error as Error);
      const result = owner.saved;
      if (result) emit({ type: 'finished', result });
    }
    await owner.lookForCheckpoint();
  };
  then(() => owner.lookForCheckpoint());
  return {
    data: (data) =>
      then(() => {
        owner.setData(data);
        return owner.lookForCheckpoint();
      }),
    prepare: ({ settings, dealtTo }) => then(() => owner.prepare(settings, dealtTo)),
    start: () => then(() => trained(owner.train())),
    takeUp: (how) => then(() => trained(owner.takeUp(how))),
    forget: () => then(() => owner.forget()),
    load: ({ file }) => then(() => owner.load(file)),
    classify: ({ texts }) => then(() => owner.classify(texts).catch(refused)),
    stock: ({ passes }) => then(() => owner.prepareAhead(passes).catch(refused)),
    stopStock: () => then(() => owner.stopAhead()),
    unstock: () => then(() => owner.unstock()),
    pause: () => then(() => owner.steer('pause')),
    resume: () => then(() => owner.steer('resume')),
    stop: () => then(() => owner.steer('stop')),
    leave,
  };
}

/** What is kept of a run that was broken off. */
function keptOf(result: Result): string {
  if (result.method === 'head')
    return `The head learned from ${result.trained} examples so far is kept; download it here.`;
  const { bestGeneration, history, method } = result;
  const what = method === 'prompt' ? 'prompt' : 'head with its prompt';
  const best =
    bestGeneration > 0
      ? `The best ${what} so far (generation ${bestGeneration})`
      : `The untuned prompt, so far unbeaten,`;
  return `${best} and the history (generations so far: ${history.length}) are kept; download them here.`;
}

/** What there is of a run that has no result yet. */
function resumableOf(run: CheckpointSummary | undefined): string {
  if (!run) return 'Your data and settings are still here; nothing has been learned yet.';
  const { unit, done, total } = run;
  return `What was opened for the run (${unit}s so far: ${done} of ${total}) is kept in this browser, encrypted, and need not be opened again: it goes on from there when all meet again.`;
}

function openDealer(command: OpenDealer, backend: Backend): Table<DealerCommands> {
  const channel = (port: MessagePort) =>
    new FramedChannel(portLink(port, DATA_CHUNK), { limit: 16 << 20, mostUnread: 16 << 20 });
  const [dataOwner, modelOwner] = [channel(command.dataOwner), channel(command.modelOwner)];
  let leaving = false;
  let ended = false;
  const end = (reason: string, failed = false) => {
    dataOwner.close(reason);
    modelOwner.close(reason);
    const final = failed || reason.endsWith(LEFT);
    if (!ended)
      emit({ type: 'ended', reason: leaving ? 'You left the session.' : reason, expected: leaving, final, saved: '' });
    ended = true;
  };
  dataOwner.closed.then((reason) => end(`the data owner is gone: ${reason}`));
  modelOwner.closed.then((reason) => end(`the model owner is gone: ${reason}`));
  const dealt = { bytes: 0, sequences: 0, passes: 0 };
  runDealer(
    { dataOwner, modelOwner },
    {
      backend,
      onPass(sequences, bytes) {
        dealt.bytes += bytes;
        dealt.sequences += sequences;
        dealt.passes += 1;
        const all = { toModelOwner: 0, toDataOwner: 0, dealt: dealt.bytes };
        const { passes } = dealt;
        // What is opened goes past the dealer.
        const none = { rounds: 0, numbers: 0, astray: 0, clamped: 0, ahead: 0, byOperation: {} };
        emit({ type: 'totals', ...none, bytes: all, sequences: dealt.sequences, passes });
      },
    },
  ).catch((error: Error) => end(error.message, !(error instanceof ChannelClosed)));
  return {
    leave() {
      leaving = true;
      end(`the dealer ${LEFT}`);
    },
  };
}
