/** A channel whose other side has to say what is due within some time. */
import { type Channel, type Message, ProtocolError } from './channel';

/** The other side was silent for too long. Its page was there: only what computes behind it said nothing. */
export class Silence extends ProtocolError {
  override name = 'Silence';
}

/** `receive` rejects with Silence where nothing comes within so many milliseconds; `name` says of whom. */
export function withDeadline(channel: Channel, name: string, milliseconds: number): Channel {
  return {
    closed: channel.closed,
    sent: channel.sent,
    received: channel.received,
    send: (message) => channel.send(message),
    close: (reason) => channel.close(reason),
    receive: (signal) =>
      new Promise<Message>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Silence(`${name} said nothing for ${milliseconds / 1000} s where it had to`)),
          milliseconds,
        );
        channel
          .receive(signal)
          .then(resolve, reject)
          .finally(() => clearTimeout(timer));
      }),
  };
}
