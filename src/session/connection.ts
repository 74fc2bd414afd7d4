/**
 * One party's two channels, and the one reason for which a session ends.
 *
 * Whichever goes first, peer or dealer, the other is told why and closed, so that both sides' pages say what happened.
 */
import { type Channel, ChannelClosed } from '../net/channel';

export interface Connection {
  peer: Channel;
  dealer: Channel;
  /** What ended the session, in words for a person. Pending while it lasts. */
  readonly ended: Promise<string>;
  /** Ends it from this side; the reason reaches the other sides. */
  end(reason: string): void;
  /** The reason that a rejected send or receive really had. */
  explain(error: unknown): Promise<string>;
}

export function connection(peer: Channel, dealer: Channel, peerName: string): Connection {
  let finish: (reason: string) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    finish = resolve;
  });
  const end = (reason: string) => {
    finish(reason);
    peer.close(reason);
    dealer.close(reason);
  };
  peer.closed.then((reason) => end(`${peerName} is gone: ${reason}`));
  dealer.closed.then((reason) => end(`the dealer is gone: ${reason}`));
  return {
    peer,
    dealer,
    ended,
    end,
    explain: async (error) => (error instanceof ChannelClosed ? ended : (error as Error).message),
  };
}
