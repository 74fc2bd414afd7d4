/** The data owner's end of preparing passes ahead: it asks for them one by one, says what it can of each, and marks which are kept. */
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Backend } from '../../compute/backend';
import { keptBytes, seriesBytes } from '../../mpc/kept-flights';
import { ProtocolError } from '../../net/channel';
import type { Bytes } from '../../ring/units';
import type { Connection } from '../connection';
import { type RunShape, receiveControl, sendControl } from '../control';
import { Aborted } from '../interruption';
import { MOST_PASSES } from '../limits';
import type { Ahead } from '../messages';
import { cut, ofTexts, type PassSize, sequencesIn } from '../pass-size';
import { freshSeed, orderPass, type RunPlans, setUpAhead } from '../run';
import { SecondsLeft } from '../seconds-left';
import { cutTo, type StockHalf } from '../stock/half';
import { kindOf, type Stock } from '../stock/stock';
import { DiskError } from '../stock/store';
import { estimateAhead } from './estimate';
import type { Prepared } from './methods/method';
import { ownMatrices, type Passes, type Reading, RefusedError } from './passes';

const ID_BYTES = 16;

/** What could be prepared ahead for a run's longest texts: passes as large as its units take. `vectorBytes`: of this side's longest vector. */
export function aheadOf(
  { reading, works }: Pick<Prepared, 'reading' | 'works'>,
  vectorBytes: Bytes,
  dealtTo: RunShape['dealtTo'],
): Ahead {
  const plans = reading.plans.ahead;
  const most = (of: RunPlans) => of.most({ vectorBytes });
  const { unit, others } = works(most).at(-1)!;
  const whole = { ...unit.size, texts: Math.max(1, unit.size.texts) };
  const sequences = Math.max(...cut(whole, most(plans)).map(sequencesIn));
  const passesOf = (batch: PassSize) => cut(batch, sequences).length;
  const all = unit.count * passesOf(whole) + others.reduce((sum, batch) => sum + passesOf(ofTexts(batch)), 0);
  const passes = Math.min(all, MOST_PASSES);
  const plan = plans.of(ofTexts(sequences));
  return {
    kind: kindOf(plans.digest, ownMatrices(reading)),
    sequences,
    passes,
    bytes: keptBytes(plan),
    dealt: seriesBytes(plan, 'corrections'),
    run: estimateAhead({ reading, works }, vectorBytes, { sequences, passes }, dealtTo),
  };
}

export interface AheadOptions {
  connection: Connection;
  backend: Backend;
  passes: Passes;
  stock: Stock;
  reading: Reading;
  asked: Pick<Ahead, 'sequences' | 'passes'>;
  /** Asked before every pass. */
  isStopped: () => boolean;
}

/**
 * Has passes dealt ahead until there are so many, somebody stops it, or a disk takes no more; what there is by then is kept. Rejects with
 * RefusedError where the model owner keeps none at all, or when the session ends underneath.
 */
export async function prepareAhead(options: AheadOptions): Promise<void> {
  const { connection, passes, stock, reading, asked } = options;
  const { peer, dealer } = connection;
  const plans = reading.plans.ahead;
  const { shape, digest } = plans;
  const id = bytesToHex(crypto.getRandomValues(new Uint8Array(ID_BYTES)));
  const afterAbort = passes.leaveRun();
  await sendControl(peer, 'stock', { id, shape, digest, sequences: asked.sequences, passes: asked.passes });
  const answer = await receiveControl(peer, 'the model owner', 'stocking', 'refused');
  if (answer.type === 'refused') throw new RefusedError(answer.reason);
  if (answer.sequences > asked.sequences)
    throw new ProtocolError(
      `the model owner takes passes of ${answer.sequences} where ${asked.sequences} were asked for`,
    );
  const { seed, most } = await freshSeed(dealer, plans, afterAbort);
  passes.hasFreshSeed();
  const { sequences, passes: count } = cutTo({ sequences: answer.sequences, passes: answer.passes }, most);
  const head = {
    id,
    shape,
    plan: digest,
    matrices: ownMatrices(reading),
    sequences,
    passes: count,
    passBytes: 0,
    setUpBytes: plans.setup.toDataOwner,
  };
  let problem: string | undefined;
  try {
    problem = await fill(await stock.create(head, seed), options);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    problem = `Your disk did not take what was prepared ahead: ${error.message}.`;
  }
  // The dealer forgets its seeds.
  await sendControl(dealer, 'stocked', {});
  await sendControl(peer, 'stocked', {});
  stock.tell({ problem });
}

/** Returns why there are no more passes, where nobody wanted that. */
async function fill(half: StockHalf, { connection, backend, passes, stock, reading, isStopped }: AheadOptions) {
  const { peer, dealer, unhurried } = connection;
  const { sequences, passes: total } = half.head;
  const { readout } = reading;
  const plans = reading.plans.ahead;
  const order = orderPass({ dealer });
  const answer = async (pass: number) => {
    // The model owner waits for the dealer, which takes as long as its line does.
    const said = await receiveControl(unhurried, 'the model owner', 'kept', 'refused', 'abort');
    if (said.type === 'abort') throw new Aborted(said.reason);
    if (said.type === 'kept' && said.pass !== pass)
      throw new ProtocolError(`the model owner kept pass ${said.pass} where ${pass} was due`);
    return said;
  };
  const ask = (pass: number) => sendControl(peer, 'keep', { pass });
  stock.tell({ making: { done: 0, total } });
  await ask(0);
  const begins = await answer(0);
  if (begins.type === 'refused') return begins.reason;
  const plan = plans.of(ofTexts(sequences));
  const options = { role: 'data-owner', connection, backend, plans, own: readout ? [readout] : [] } as const;
  return setUpAhead(half, options, async (party) => {
    passes.countSetUp(plans);
    const clock = new SecondsLeft(total);
    for (let pass = 1; pass <= total && !isStopped(); pass++) {
      stock.tell({ making: { done: pass - 1, total, secondsLeft: clock.after(pass - 1) } });
      await half.prepare(pass);
      await order(pass, ofTexts(sequences));
      await ask(pass);
      // While the dealer deals.
      await party.sayAhead(plan, pass);
      passes.countAhead(plan);
      const said = await answer(pass);
      if (said.type === 'refused') return said.reason;
      await half.ready(pass);
      if (!said.more) break;
    }
    return undefined;
  });
}
