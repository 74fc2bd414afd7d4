/**
 * What is kept of a pass that is prepared ahead: the dealer's corrections, and behind them what the data owner says ahead. Both come as a flight a
 * round and strand, in messages whose lengths the plan says. So they can be kept as they come, body after body, and be read again as if they came then.
 */
import type { Message } from '../net/channel';
import { MOST_BODY } from '../net/frames';
import { type Bytes, bytes } from '../ring/units';
import { halfBytes } from './ahead';
import { correctionBytes } from './corrections';
import { receiveBody, type Source } from './flight';
import type { Plan } from './plan';
import { type FlightPlace, flightsOf } from './strands';

/** In the order in which they lie in a file. */
const SERIES = {
  corrections: {
    from: 'the dealer',
    bytesOf: (plan: Plan, place: FlightPlace) => correctionBytes(plan, place, 'model-owner'),
  },
  halves: { from: 'the data owner', bytesOf: halfBytes },
} as const;

export type Series = keyof typeof SERIES;

/** Every message's round and length, and where in the file it begins. */
function* messagesOf(plan: Plan, series: Series): Generator<{ round: number; at: number; length: number }> {
  const { bytesOf } = SERIES[series];
  let at: number = series === 'halves' ? seriesBytes(plan, 'corrections') : 0;
  for (const place of flightsOf(plan)) {
    for (let left: number = bytesOf(plan, place); left > 0; ) {
      const length = Math.min(MOST_BODY, left);
      yield { round: place.round, at, length };
      at += length;
      left -= length;
    }
  }
}

/** Of a whole pass. */
export function seriesBytes(plan: Plan, series: Series): Bytes {
  const { bytesOf } = SERIES[series];
  let sum = 0;
  for (const place of flightsOf(plan)) sum += bytesOf(plan, place);
  return bytes(sum);
}

/** What keeping a pass takes. */
export const keptBytes = (plan: Plan): Bytes => bytes(seriesBytes(plan, 'corrections') + seriesBytes(plan, 'halves'));

/** Takes what comes for a pass, checked as a pass would. Rejects with ProtocolError for anything else, with what `write` does, and by the signal. */
export async function keepFlights(
  source: Source,
  series: Series,
  plan: Plan,
  pass: number,
  write: (at: number, body: Uint8Array) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (const { round, at, length } of messagesOf(plan, series))
    await write(at, await receiveBody(source, SERIES[series].from, { pass, round }, length, signal));
}

/** Where they are read from, in the order in which they came. */
export class KeptFlights implements Source {
  private readonly messages: ReturnType<typeof messagesOf>;

  constructor(
    private readonly series: Series,
    plan: Plan,
    private readonly pass: number,
    private readonly read: (at: number, length: number) => Promise<Uint8Array>,
  ) {
    this.messages = messagesOf(plan, series);
  }

  async receive(): Promise<Message> {
    const next = this.messages.next();
    if (next.done) throw new Error(`pass ${this.pass} has no more ${this.series} than were kept`);
    const { round, at, length } = next.value;
    return { kind: 'ring', pass: this.pass, round, body: await this.read(at, length) };
  }
}
