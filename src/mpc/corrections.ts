/**
 * A pass's corrections as the dealer sends them: a flight a round, in messages whose lengths the plan says. So they can be kept as they come,
 * body after body, and be read again as if they came then.
 */
import type { Message } from '../net/channel';
import { MOST_BODY } from '../net/frames';
import { type Bytes, bytes } from '../ring/units';
import { receiveBody, type Source } from './flight';
import { partBytes } from './operation';
import { trafficOf } from './operations';
import type { Plan } from './plan';

/** Of one round. */
export const correctionBytes = (plan: Plan, round: number): Bytes =>
  partBytes(plan.nodes.filter((node) => node.round === round).flatMap((node) => trafficOf(node).dealt));

/** Every message's round and length, and where it begins. */
function* messagesOf(plan: Plan): Generator<{ round: number; at: number; length: number }> {
  let at = 0;
  for (let round = 0; round <= plan.rounds; round++) {
    for (let left: number = correctionBytes(plan, round); left > 0; ) {
      const length = Math.min(MOST_BODY, left);
      yield { round, at, length };
      at += length;
      left -= length;
    }
  }
}

/** Of the whole pass: what keeping it takes. */
export function keptBytes(plan: Plan): Bytes {
  let sum = 0;
  for (const { length } of messagesOf(plan)) sum += length;
  return bytes(sum);
}

/**
 * Takes what the dealer sends for a pass, checked as a pass would. All of it is heard, also when `write` rejects: what comes next must not
 * be taken for it. Rejects with ProtocolError for anything else, else with the first that `write` did.
 */
export async function keepCorrections(
  dealer: Source,
  plan: Plan,
  pass: number,
  write: (at: number, body: Uint8Array) => Promise<void>,
): Promise<void> {
  let failure: unknown;
  for (const { round, at, length } of messagesOf(plan)) {
    const body = await receiveBody(dealer, 'the dealer', { pass, round }, length);
    if (failure === undefined) await write(at, body).catch((error: unknown) => (failure = error));
  }
  if (failure !== undefined) throw failure;
}

/** Where a pass's corrections are read from, in the order in which they came. */
export class KeptCorrections implements Source {
  private readonly messages: ReturnType<typeof messagesOf>;

  constructor(
    plan: Plan,
    private readonly pass: number,
    private readonly read: (at: number, length: number) => Promise<Uint8Array>,
  ) {
    this.messages = messagesOf(plan);
  }

  async receive(): Promise<Message> {
    const next = this.messages.next();
    if (next.done) throw new Error(`pass ${this.pass} has no more corrections than were kept`);
    const { round, at, length } = next.value;
    return { kind: 'ring', pass: this.pass, round, body: await this.read(at, length) };
  }
}
