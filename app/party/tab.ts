/**
 * This tab's part in a session: its worker, and the links that the worker can't hold itself.
 *
 * How to think of it. The page makes both links, hands the worker a message port for each, and from then on only passes
 * commands in and events out. Commands given while the links are being made wait for `open`. However a session ends, it ends
 * once: with the worker's `ended`, or, if the worker has nothing to say, with the page's own reason.
 */
import { serveLink } from '../../src/net/port';
import type { Command, Open, Role, SessionEvent } from '../../src/session/messages';
import { othersOf, ROLE_NAME } from '../lib/roles';
import { type SessionTerms, useSession } from '../stores/session';
import { applyEvent } from './events';
import { connect, type Reports } from './links';

/**
 * How long a worker may take to say why it ended, after its link is gone or it was told to leave: what it saves of a run is compared with
 * what can be done alone, which is seconds on a busy machine.
 */
const LAST_WORD_MS = 10_000;

export class PartyTab {
  readonly #terms: SessionTerms;
  readonly #worker: Worker;
  readonly #abort = new AbortController();
  #waiting: Command[] | undefined = [];
  #over = false;
  /** Settle when the links are gone, the worker's goodbye behind them. */
  #served: Promise<string>[] = [];

  constructor(terms: SessionTerms) {
    this.#terms = terms;
    this.#worker = new Worker(new URL('../../src/session/worker.ts', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data }: MessageEvent<SessionEvent>) => {
      if (this.#over) return;
      applyEvent(data);
      if (data.type !== 'ended') return;
      // Its goodbye may still be on its way through the ports: closing the links now would swallow it.
      this.#close(data.reason, Promise.all(this.#served));
    };
    this.#worker.onerror = (event) =>
      this.#end(`The computation failed: ${event.message || 'its worker stopped'}.`, false);
    this.#open().catch((error) => this.#end((error as Error).message, false));
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
      this.#end(reason, true);
      return;
    }
    this.send({ type: 'leave' });
    this.#expectLastWord(reason, true);
  }

  async #open(): Promise<void> {
    const links = await connect(this.#terms, this.#abort.signal, this.#reports());
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
      turned: (turned) => session(({ setTurned }) => setTurned(turned)),
      key: (key) => session(({ setKey }) => setKey(key)),
    };
  }

  #lost(role: Role, reason: string): void {
    if (this.#over) return;
    useSession.getState().setLink(role, 'lost');
    const sentence = `The connection to the ${ROLE_NAME[role]} ended: ${reason}.`;
    // Before `open` the worker knows no link, so it can't say anything.
    if (this.#waiting) this.#end(sentence, false);
    else this.#expectLastWord(sentence, false);
  }

  #expectLastWord(reason: string, expected: boolean): void {
    setTimeout(() => this.#end(reason, expected), LAST_WORD_MS);
  }

  #end(reason: string, expected: boolean): void {
    if (this.#over) return;
    applyEvent({ type: 'ended', reason, expected, saved: '' });
    this.#close(reason, Promise.resolve());
  }

  #close(reason: string, goodbye: Promise<unknown>): void {
    this.#over = true;
    const enough = new Promise((resolve) => setTimeout(resolve, LAST_WORD_MS));
    Promise.race([goodbye, enough]).then(() => this.#abort.abort(reason));
    enough.then(() => this.#worker.terminate());
  }
}
