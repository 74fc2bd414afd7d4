/**
 * One party's two channels, and the one reason for which a session ends.
 *
 * Whichever goes first, peer or dealer, the other is told why and closed, so that both sides' pages say what happened.
 */
import { type Channel, ChannelClosed, FrameError, ProtocolError } from '../net/channel';
import { counterpart, type PartyRole, partyName } from '../net/code';
import { Silence, withDeadline } from '../net/deadline';

/** How the reason ends of a session that somebody left on purpose, on whichever side it is heard. */
export const LEFT = 'left the session';

/**
 * How long the dealer may take before it says what is due, in milliseconds. The peer may take twice as long, since it may wait for the dealer in turn:
 * whoever waits for the right one gives up first. A page whose computation hangs notices by itself after one minute; this is for sides
 * that do not.
 */
const MOST_SILENCE = 150_000;

export interface Connection {
  /** What is due on these comes in time, or `receive` rejects with Silence. */
  peer: Channel;
  dealer: Channel;
  /** The peer, where a person at the other end decides when something comes. */
  unhurried: Channel;
  /** Whether it ends with the dealer's connection. It does not while passes that were dealt ahead are left, until the dealer is asked for more. */
  needsDealer: boolean;
  /** What ended the session, in words for a person. Pending while it lasts. */
  readonly ended: Promise<string>;
  /** It ended for what would happen again: somebody left, or this side had an error. Nobody should come back by itself. */
  readonly final: boolean;
  /** Ends it from this side; the reason reaches the other sides. */
  end(reason: string): void;
  /**
   * Ends it because of an error, and returns the reason. The other sides hear what was wrong with their messages; of an error on
   * this side only that there was one, since its text may hold what is private here.
   */
  fail(error: unknown): Promise<string>;
}

export function connection(peer: Channel, dealer: Channel, role: PartyRole, mostSilence = MOST_SILENCE): Connection {
  const [name, peerName] = [partyName(role), partyName(counterpart(role))];
  let finish: (reason: string) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    finish = resolve;
  });
  let final = false;
  let over = false;
  const end = (reason: string, outwards = reason) => {
    if (!over) final ||= reason.endsWith(LEFT);
    over = true;
    finish(reason);
    peer.close(outwards);
    dealer.close(outwards);
  };
  let needsDealer = true;
  /** Why the dealer is gone. */
  let gone: string | undefined;
  const endWithout = () => {
    if (gone !== undefined) end(`the dealer is gone: ${gone}`);
  };
  peer.closed.then((reason) => end(`${peerName} is gone: ${reason}`));
  dealer.closed.then((reason) => {
    gone = reason;
    if (needsDealer) endWithout();
  });
  return {
    peer: withDeadline(peer, peerName, 2 * mostSilence),
    dealer: withDeadline(dealer, 'the dealer', mostSilence),
    unhurried: peer,
    ended,
    get needsDealer() {
      return needsDealer;
    },
    set needsDealer(needs) {
      needsDealer = needs;
      if (needs) endWithout();
    },
    get final() {
      return final;
    },
    end: (reason) => end(reason),
    async fail(error) {
      // A closed channel is a consequence: the reason is, or will be, what closed it.
      if (error instanceof ChannelClosed) endWithout();
      else {
        const theirs = error instanceof ProtocolError || error instanceof FrameError;
        // Another computation at the other end may well answer.
        final ||= !over && !(error instanceof Silence);
        end((error as Error).message, theirs ? error.message : `${name}'s side had an error`);
      }
      return ended;
    },
  };
}
