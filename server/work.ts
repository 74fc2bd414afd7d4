/** What every dealer's worker does around its dealing: two message ports become two channels, and both hear how it ended. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Channel } from '../src/net/channel';
import { FramedChannel } from '../src/net/frames';
import { portLink } from '../src/net/port';

/** The longest message of a party, in bytes: it tells the dealer little; the dealer tells a party much. */
const LIMIT = 16 << 20;

/** What the server tells a worker, in bytes. */
export interface WorkerTerms {
  /** Which module deals. */
  module: string;
  /** Of messages that a party may have sent and the dealer not asked for. */
  mostUnread: number;
  /** Of its memory. */
  mostMemory: number;
}

export interface Session {
  dataOwner: Channel;
  modelOwner: Channel;
  mostMemory: number;
  /** Rejects where the server has no room for so many bytes. */
  reserve: (bytes: number) => Promise<void>;
}

/** Waits for the two ports, deals, and says goodbye to both sides. */
export function work(deal: (session: Session) => Promise<void>): void {
  const server = parentPort;
  if (!server) throw new Error('a dealer is a worker thread: the server starts it');
  const { mostUnread, mostMemory } = workerData as WorkerTerms;
  const reserve = async (bytes: number) => {
    const answer = new Promise<string | undefined>((resolve) => server.once('message', resolve));
    server.postMessage(bytes);
    const refusal = await answer;
    if (refusal !== undefined) throw new Error(refusal);
  };
  server.once('message', async (ports: Record<'data-owner' | 'model-owner', MessagePort>) => {
    const channelOf = (port: MessagePort) => new FramedChannel(portLink(port), { limit: LIMIT, mostUnread });
    const [dataOwner, modelOwner] = [channelOf(ports['data-owner']), channelOf(ports['model-owner'])];
    dataOwner.closed.then((reason) => modelOwner.close(`the data owner left: ${reason}`));
    modelOwner.closed.then((reason) => dataOwner.close(`the model owner left: ${reason}`));
    let reason = 'the dealer has finished';
    try {
      await deal({ dataOwner, modelOwner, mostMemory, reserve });
    } catch (error) {
      reason = `the dealer failed: ${error instanceof Error ? error.message : error}`;
    }
    dataOwner.close(reason);
    modelOwner.close(reason);
  });
}
