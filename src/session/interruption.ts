/**
 * Breaking off a run without ending the session, when one side's device is lost, or what it kept of correlations.
 *
 * The side that cannot go on says `abort` and throws away what arrives until the other answers `aborted` (or says `abort` itself, when both
 * lost theirs at once). The masks of the broken pass are never used again: the data owner proposes the run anew, the dealer hands
 * out fresh seeds, and the pass is repeated from its beginning.
 */
import { DeviceLost } from '../compute/backend';
import { isBreakOff as isBrokenPass, isLoss, type Loss } from '../mpc/break-off';
import { Interruption } from '../mpc/flight';
import type { Channel } from '../net/channel';
import { readControl, sendControl } from './control';
import type { Device } from './device';

/** The other side broke off. */
export class Aborted extends Error {}

/** What ends a run and not the session. */
export type BreakOff = Loss | Interruption | Aborted;

export const isBreakOff = (error: unknown): error is BreakOff => isBrokenPass(error) || error instanceof Aborted;

/**
 * After this both sides stand where a run begins: this side's device was lost and another has taken over, or the other side broke off.
 * `release` gives back what the run holds, unless it went with the device. Rejects with ProtocolError for an interruption that is
 * none.
 */
export async function recover(
  error: BreakOff,
  { peer, from, device, release }: { peer: Channel; from: string; device: Device; release: () => void },
): Promise<void> {
  device.count();
  if (error instanceof DeviceLost) await device.takeOver(error);
  else release();
  if (isLoss(error) && !(error.cause instanceof Interruption)) {
    const what = error instanceof DeviceLost ? 'its device was lost' : 'what it kept of correlations was lost';
    await sendControl(peer, 'abort', { reason: what });
    for (;;) {
      const message = await peer.receive();
      if (message.kind !== 'control') continue;
      const type = typeOf(message.body);
      if (type === 'aborted' || type === 'abort') return;
    }
  }
  const interruption = isLoss(error) ? error.cause : error;
  if (interruption instanceof Interruption) readControl(interruption.received, from, 'abort');
  await sendControl(peer, 'aborted', {});
}

/** What a control message calls itself; what it says is of no concern any more. */
function typeOf(body: Uint8Array): unknown {
  try {
    return (JSON.parse(new TextDecoder().decode(body)) as { type?: unknown }).type;
  } catch {
    return undefined;
  }
}
