/**
 * This tab's part in a session: its worker, and the links that the worker can't hold itself.
 *
 * How to think of it. The page makes both links, hands the worker a message port for each, and from then on only passes
 * commands in and events out. Commands given while the links are being made wait for `open`. However a session ends, it ends
 * once: with the worker's `ended`, or, if the worker has nothing to say, with the page's own reason.
 */
import { isPartyRole, parseKey } from '../../src/net/code';
import { Impostor } from '../../src/net/guest';
import { serveLink } from '../../src/net/port';
import type { Command, Open, Role, SessionEvent } from '../../src/session/messages';
import { othersOf, ROLE_NAME } from '../lib/roles';
import { useDistance } from '../stores/distance';
import { type SessionTerms, useSession } from '../stores/session';
import { bestSoFar, isBusy, useTraining } from '../stores/training';
import { applyEvent } from './events';
import { connect, type Reports } from './links';
import { keepTelling } from './telling';

/**
 * How long a worker may take to say why it ended, after its link is gone or it was told to leave: what it saves of a run is compared with
 * what can be done alone, which is seconds on a busy machine.
 */
const LAST_WORD_MS = 10_000;
/** The same of one that gives no sign of life. */
const SILENT_WORD_MS = 1000;
/** Signs of life come every second; without one for so long, a person is told. */
const SILENT_MS = 4000;
/** After so long without, the worker is taken for stuck. What it computes in one piece takes less. */
const STUCK_MS = 60_000;
const LOOK_MS = 500;

export interface TabOptions {
  /** Whoever is not there is waited for, however long. */
  patient: boolean;
  /** Before the others are looked for, in milliseconds. */
  afterMs?: number;
  /** Hears of the end, once the stores have. */
  onEnded(): void;
  /** How the others are reached. For tests. */
  reach?: typeof connect;
}

export class PartyTab {
  readonly #terms: SessionTerms;
  readonly #options: TabOptions;
  readonly #worker: Worker;
  readonly #abort = new AbortController();
  readonly #hosting = new AbortController();
  #waiting: Command[] | undefined = [];
  #over = false;
  /** Settle when the links are gone, the worker's goodbye behind them. */
  #served: Promise<string>[] = [];
  /** Milliseconds without a sign of life from the worker, while this page was awake. */
  #silentMs = 0;
  readonly #watch: ReturnType<typeof setInterval>;
  #stopTelling = () => {};

  constructor(terms: SessionTerms, options: TabOptions) {
    this.#terms = terms;
    this.#options = options;
    this.#worker = new Worker(new URL('../../src/session/worker.ts', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data }: MessageEvent<SessionEvent>) => {
      if (this.#over) return;
      this.#heard();
      applyEvent(data);
      if (data.type !== 'ended') return;
      // Its goodbye may still be on its way through the ports: closing the links now would swallow it.
      this.#close(Promise.all(this.#served));
    };
    this.#worker.onerror = (event) =>
      this.#end({ reason: `The computation failed: ${event.message || 'its worker stopped'}.` });
    let looked = performance.now();
    this.#watch = setInterval(() => {
      // A look that comes very late means that this page slept, not the worker.
      const now = performance.now();
      this.#silentMs += Math.min(now - looked, 2 * LOOK_MS);
      looked = now;
      this.#look();
    }, LOOK_MS);
    this.#open().catch((error) =>
      this.#end({ reason: (error as Error).message, final: !options.patient || error instanceof Impostor }),
    );
  }

  send(command: Command): void {
    if (this.#over) return;
    if (this.#waiting) this.#waiting.push(command);
    else this.#worker.postMessage(command);
  }

  /** Tells the peer, if there is one, and ends. */
  leave(): void {
    const reason = 'You left the session.';
    if (this.#waiting) {
      this.#end({ reason, expected: true });
      return;
    }
    this.send({ type: 'leave' });
    this.#expectLastWord({ reason, expected: true });
  }

  /** Ends a session whose worker is stuck; another one can go on. */
  giveUpWorker(): void {
    this.#end({ reason: 'The computation in this tab stopped answering.' });
  }

  async #open(): Promise<void> {
    const { patient, afterMs = 0, reach = connect } = this.#options;
    if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
    if (this.#over) return;
    const links = await reach(
      this.#terms,
      { signal: this.#abort.signal, hosting: this.#hosting.signal, patient },
      this.#reports(),
    );
    if (this.#over) return;
    const ports = othersOf(this.#terms.role).map((role) => {
      const { port1, port2 } = new MessageChannel();
      const served = serveLink(links[role]!, port1);
      served.then((reason) => this.#lost(role, reason));
      this.#served.push(served);
      return { role, port: port2 };
    });
    const portOf = (wanted: Role) => ports.find(({ role }) => role === wanted)!.port;
    const { role, backend } = this.#terms;
    const open: Open =
      role === 'dealer'
        ? { type: 'open', role, dataOwner: portOf('data-owner'), modelOwner: portOf('model-owner'), backend }
        : {
            type: 'open',
            role,
            peer: portOf(role === 'data-owner' ? 'model-owner' : 'data-owner'),
            dealer: portOf('dealer'),
            // Who joined by a typed code has it by now.
            key: parseKey(useSession.getState().terms?.key ?? ''),
            backend,
          };
    this.#worker.postMessage(
      open,
      ports.map(({ port }) => port),
    );
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const command of waiting) this.#worker.postMessage(command);
  }

  /** To the page, while the session lasts. */
  #reports(): Reports {
    const session = (tell: (state: ReturnType<typeof useSession.getState>) => void) => {
      if (!this.#over) tell(useSession.getState());
    };
    return {
      link: (role, state, note) => session(({ setLink }) => setLink(role, state, note)),
      met: (role, met) => session(({ setMet }) => setMet(role, met)),
      probe: (probe) =>
        session(() => {
          const { role } = this.#terms;
          if (isPartyRole(role)) useDistance.getState().begin(probe, role);
        }),
      dealerProbe: (measure) =>
        session(() => {
          const { role } = this.#terms;
          if (isPartyRole(role)) useDistance.getState().beginDealer(measure, role);
        }),
      presence: (channel) =>
        session(() => {
          const { role } = this.#terms;
          if (isPartyRole(role)) this.#stopTelling = keepTelling(channel, role);
        }),
      turned: (turned) => session(({ setTurned }) => setTurned(turned)),
      key: (key) => session(({ setKey }) => setKey(key)),
    };
  }

  #lost(role: Role, reason: string): void {
    if (this.#over) return;
    useSession.getState().setLink(role, 'lost');
    // Its worker may have what it needs of a dealer, and says so if it has not.
    if (role === 'dealer' && !this.#waiting) return;
    const sentence = `The connection to the ${ROLE_NAME[role]} ended: ${reason}.`;
    // Before `open` the worker knows no link, so it can't say anything.
    if (this.#waiting) this.#end({ reason: sentence });
    else this.#expectLastWord({ reason: sentence });
  }

  #heard(): void {
    this.#silentMs = 0;
    if (useSession.getState().silentSeconds !== undefined) useSession.getState().setSilent(undefined);
  }

  #look(): void {
    if (this.#silentMs > STUCK_MS) this.giveUpWorker();
    else if (this.#isSilent) useSession.getState().setSilent(Math.floor(this.#silentMs / 1000));
  }

  get #isSilent(): boolean {
    return this.#silentMs > SILENT_MS;
  }

  #expectLastWord(end: End): void {
    setTimeout(() => this.#end(end), this.#isSilent ? SILENT_WORD_MS : LAST_WORD_MS);
  }

  #end({ reason, expected = false, final = expected }: End): void {
    if (this.#over) return;
    const training = useTraining.getState();
    const isUnderWay = isBusy(training.phase) || training.phase === 'interrupted';
    const saved = bestSoFar(training) ? BEST_SAVED : isUnderWay ? RUN_KEPT : '';
    applyEvent({ type: 'ended', reason, expected, final, saved });
    this.#close(Promise.resolve());
  }

  #close(goodbye: Promise<unknown>): void {
    this.#over = true;
    clearInterval(this.#watch);
    this.#stopTelling();
    this.#hosting.abort(OUTWARDS);
    const enough = new Promise((resolve) => setTimeout(resolve, LAST_WORD_MS));
    // One that hangs would take a processor until then.
    if (this.#isSilent) this.#worker.terminate();
    Promise.race([goodbye, enough]).then(() => {
      this.#abort.abort(OUTWARDS);
      // It has a model's weights, which the next one reads as well.
      this.#worker.terminate();
    });
    this.#options.onEnded();
  }
}

/** How a session ends for which only this page has a reason. */
interface End {
  reason: string;
  expected?: boolean;
  final?: boolean;
}

/** What links and guests are told by the page; why it ended may hold what is private here, and the worker told what others may know. */
const OUTWARDS = 'the other side ended the session';

const RUN_KEPT =
  'What was opened for the run is kept in this browser, encrypted, and need not be opened again: it goes on from there when all meet again.';

const BEST_SAVED = 'The best so far, as this page knows it, and the history are kept; download them here.';
