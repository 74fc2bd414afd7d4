/** What every dealer's worker does around its dealing: two message ports become two channels, and both hear how it ended. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import type { Channel } from '../src/net/channel';
import { FramedChannel } from '../src/net/frames';
import { portLink } from '../src/net/port';

/** A party tells the dealer little; the dealer tells a party much. */
const LIMIT = 16 << 20;

export interface Parties {
  dataOwner: Channel;
  modelOwner: Channel;
}

/** Waits for the two ports, deals, and says goodbye to both sides. */
export function work(deal: (parties: Parties) => Promise<void>): void {
  if (!parentPort) throw new Error('a dealer is a worker thread: the server starts it');
  parentPort.once('message', async (ports: Record<'data-owner' | 'model-owner', MessagePort>) => {
    const dataOwner = new FramedChannel(portLink(ports['data-owner']), { limit: LIMIT });
    const modelOwner = new FramedChannel(portLink(ports['model-owner']), { limit: LIMIT });
    dataOwner.closed.then((reason) => modelOwner.close(`the data owner left: ${reason}`));
    modelOwner.closed.then((reason) => dataOwner.close(`the model owner left: ${reason}`));
    let reason = 'the dealer has finished';
    try {
      await deal({ dataOwner, modelOwner });
    } catch (error) {
      reason = `the dealer failed: ${error instanceof Error ? error.message : error}`;
    }
    dataOwner.close(reason);
    modelOwner.close(reason);
  });
}
