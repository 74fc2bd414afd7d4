/** A side whose page is there but that says nothing more: whoever waits for it gives up, and blames the right one. */
import { describe, it } from 'vitest';
import { HEADER_BYTES } from '../../src/net/frames';
import type { MemoryOptions } from '../../src/net/memory';
import { openSession, settings } from '../support/session';

const chosen = { ...settings, population: 2, batch: 2, generations: 1, heldOut: 4 };

/** The type of a control message that begins in this chunk. */
function typeIn(chunk: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(chunk.subarray(HEADER_BYTES, HEADER_BYTES + 40));
  return /^\{"type":"(\w+)"/.exec(text)?.[1];
}

/** A line on which one end says nothing any more from its first message of this type on. */
function mute(end: 0 | 1, type: string): MemoryOptions {
  let isMute = false;
  return {
    tamper: (chunk, from) => {
      if (from === end && typeIn(chunk) === type) isMute = true;
      return isMute && from === end ? undefined : chunk;
    },
  };
}

describe.concurrent('whoever falls silent', () => {
  it.for<[string, string, object]>([
    ['the model owner', 'instead of its manifest', { peer: mute(1, 'manifest') }],
    ['the model owner', 'when it is asked for a plan', { peer: mute(1, 'planned') }],
    ['the model owner', 'instead of taking a pass', { peer: mute(1, 'accepted') }],
    ['the dealer', 'when it is greeted', { dealerToData: mute(1, 'hello') }],
    ['the dealer', 'instead of its seeds', { dealerToData: mute(1, 'seed') }],
    ['the dealer', 'instead of dealing', { dealerToModel: mute(1, 'dealing') }],
  ])('%s, %s, is named', async ([who, , lines], { expect }) => {
    // A model owner that says nothing blames nobody either.
    const mostSilence = { data: 2000, model: who === 'the dealer' ? 2000 : undefined };
    const session = await openSession({ ...lines, mostSilence });
    const run = async () => {
      await session.dataOwner.connect();
      session.prepare(chosen);
      await session.dataOwner.train();
    };
    await run().catch(session.data.fail);
    const [data, model] = await Promise.all([session.data.ended, session.modelSide.ended]);
    const why = `${who} said nothing for ${who === 'the dealer' ? 2 : 4} s where it had to`;
    expect([data, model].some((reason) => reason.includes(why))).toBe(true);
    expect(data).toContain(who);
    expect(session.find('data', 'finished')).toHaveLength(0);
    // Another session may go better: both come back by themselves.
    expect([session.data.final, session.modelSide.final]).toEqual([false, false]);
  });

  it('the model owner that has not chosen a model yet is waited for', async ({ expect }) => {
    const session = await openSession({ peer: mute(1, 'hello'), mostSilence: { data: 300 } });
    const waited = new Promise((resolve) => setTimeout(resolve, 1500, 'waits'));
    expect(await Promise.race([session.data.ended, session.dataOwner.connect(), waited])).toBe('waits');
    session.data.end('the test is over');
  });
});
