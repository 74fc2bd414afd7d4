/**
 * A party's worker: turns the page's commands into a session and the session's news into events.
 *
 * Everything secret and slow happens here, so a hidden tab keeps training and a visible one stays responsive.
 */
import { createBackend } from '../compute/create';
import { FramedChannel } from '../net/frames';
import { portLink } from '../net/port';
import { runDealer } from '../protocol/dealer';
import { type Connection, connection } from './connection';
import { DataOwner, RefusedError } from './data-owner';
import type { Command, Event, Result } from './messages';
import { readModel } from './model-files';
import { ModelOwner } from './model-owner';

type Open = Command & { type: 'open' };
type OpenParty = Extract<Open, { peer: MessagePort }>;

const emit = (event: Event): void => postMessage(event);

/** What takes commands once the session is open. */
interface Session {
  command(command: Command): void | Promise<void>;
}

let session: Session | undefined;
/** Commands that came while the session was opening. */
const early: Command[] = [];

addEventListener('message', ({ data }: MessageEvent<Command>) => {
  if (data.type === 'open') open(data);
  else if (session) void session.command(data);
  else early.push(data);
});

async function open(command: Open): Promise<void> {
  try {
    const { backend, notice } = await createBackend(command.backend);
    emit({ type: 'compute', backend: backend.name, notice });
    if (command.role === 'dealer') session = openDealer(command, backend);
    else if (command.role === 'model-owner') session = openModelOwner(command, backend);
    else session = openDataOwner(command, backend);
    for (const waiting of early.splice(0)) void session.command(waiting);
  } catch (error) {
    emit({ type: 'ended', reason: (error as Error).message, expected: false, kept: '' });
  }
}

type Made = Awaited<ReturnType<typeof createBackend>>['backend'];

const left = 'the other side left the session';

function connect(command: OpenParty): Connection {
  const channel = (port: MessagePort) => new FramedChannel(portLink(port));
  return connection(channel(command.peer), channel(command.dealer), command.role);
}

function openModelOwner(command: OpenParty, backend: Made): Session {
  const connected = connect(command);
  let owner: ModelOwner | undefined;
  let leaving = false;
  connected.ended.then((reason) =>
    emit({
      type: 'ended',
      reason: leaving ? 'You left the session.' : reason,
      expected: leaving,
      kept: 'No weight of your model has left this tab.',
    }),
  );
  return {
    command(command) {
      if (command.type === 'offer') {
        try {
          owner = new ModelOwner(connected, backend, readModel(command), command.budget, emit);
        } catch (error) {
          emit({ type: 'invalid', message: (error as Error).message, field: 'model' });
          return;
        }
        owner.serve().catch(connected.fail);
      } else if (command.type === 'budget' && owner) owner.budget = command.sequences;
      else if (command.type === 'leave') {
        leaving = true;
        connected.end(left);
      }
    },
  };
}

function openDataOwner(command: OpenParty, backend: Made): Session {
  const connected = connect(command);
  const owner = new DataOwner(connected, backend, emit);
  let leaving = false;
  connected.ended.then((reason) => {
    const result = owner.kept;
    emit({
      type: 'ended',
      reason: leaving ? 'You left the session.' : reason,
      expected: leaving,
      kept: result
        ? `${bestOf(result)} and the history (generations so far: ${result.history.length}) are kept; download them here.`
        : 'Your data and settings are still here; no prompt has been tuned yet.',
      result,
    });
  });
  const { fail } = connected;
  const connecting = owner.connect().catch(fail);
  /** A refusal is the model owner's right and ends nothing but the run. */
  const run = (work: Promise<void>): Promise<void> =>
    work.catch(async (error) => {
      if (!(error instanceof RefusedError)) {
        await fail(error);
        return;
      }
      emit({ type: 'invalid', message: error.message });
      const result = owner.kept;
      if (result) emit({ type: 'finished', result });
    });
  return {
    async command(command) {
      if (command.type === 'leave') {
        leaving = true;
        return connected.end(left);
      }
      await connecting;
      switch (command.type) {
        case 'prepare':
          return owner.prepare(command);
        case 'start':
          return run(owner.train());
        case 'classify':
          return run(owner.classify(command.texts));
        case 'pause':
          return owner.pause();
        case 'resume':
          return owner.resume();
        case 'stop':
          return owner.stop();
      }
    },
  };
}

const bestOf = ({ keptGeneration }: Result): string =>
  keptGeneration > 0 ? `The best prompt so far (generation ${keptGeneration})` : 'The untuned prompt, so far unbeaten,';

function openDealer(command: Extract<Open, { role: 'dealer' }>, backend: Made): Session {
  const channel = (port: MessagePort) => new FramedChannel(portLink(port), { limit: 16 << 20 });
  const [dataOwner, modelOwner] = [channel(command.dataOwner), channel(command.modelOwner)];
  let leaving = false;
  let ended = false;
  const end = (reason: string) => {
    dataOwner.close(reason);
    modelOwner.close(reason);
    if (!ended)
      emit({ type: 'ended', reason: leaving ? 'You left the session.' : reason, expected: leaving, kept: '' });
    ended = true;
  };
  dataOwner.closed.then((reason) => end(`the data owner is gone: ${reason}`));
  modelOwner.closed.then((reason) => end(`the model owner is gone: ${reason}`));
  let dealt = 0;
  let sequences = 0;
  let passes = 0;
  runDealer(
    { dataOwner, modelOwner },
    {
      backend,
      onPass(count, bytes) {
        dealt += bytes;
        sequences += count;
        passes += 1;
        const all = { toModelOwner: 0, toDataOwner: 0, dealt };
        emit({ type: 'totals', rounds: 0, bytes: all, sequences, passes, byOperation: {} });
      },
    },
  ).catch((error: Error) => end(error.message));
  return {
    command(command) {
      if (command.type !== 'leave') return;
      leaving = true;
      end('the dealer left the session');
    },
  };
}
