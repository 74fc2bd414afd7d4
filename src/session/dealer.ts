/**
 * The dealer's service: one session, two connections, no view of what the parties say to each other.
 *
 * It learns a run's shapes and moduli, of a configuration without anything that was fitted (models/dealt-config.ts). For every run it draws
 * two fresh seeds, one for each party, and deals passes as the data owner announces them. Nothing that it receives depends on data or
 * prompts, and on the weights no more than that configuration says.
 */
import type { Backend } from '../compute/backend';
import { CpuBackend } from '../compute/cpu/cpu-backend';
import { Dealing } from '../mpc/dealing';
import { type Channel, ChannelClosed, ProtocolError } from '../net/channel';
import type { PartyRole } from '../net/code';
import { newSeed, type Seed, seedToHex } from '../random/seed';
import { greet, receiveControl, sendControl } from './control';
import { MOST_DEALT, MOST_MEMORY } from './limits';
import { ONE, type PassSize, sequencesIn } from './pass-size';
import { gigabytes, RunPlans } from './run';

export interface DealerOptions {
  backend?: Backend;
  /** A pass that would deal more bytes, or a run whose matrices have more, is refused: plans come from strangers. Default MOST_DEALT. */
  mostBytes?: number;
  /** The same for bytes of this dealer's memory. Default MOST_MEMORY. */
  mostMemory?: number;
  /** Asked before more memory is taken than ever before; rejects, with what to tell the parties, where it is not to be had. */
  reserve?: (bytes: number) => Promise<void>;
  /** Sees what was dealt. */
  onPass?: (sequences: number, bytes: number) => void;
  /** Seeds of a run; by default from the system's generator. For tests. */
  seeds?: () => Record<PartyRole, Seed>;
}

const freshSeeds = () => ({ 'data-owner': newSeed(), 'model-owner': newSeed() });

/** Deals until a party leaves, and then returns. Throws ProtocolError when the two sides do not agree or break the order. */
export async function runDealer(
  { dataOwner, modelOwner }: { dataOwner: Channel; modelOwner: Channel },
  {
    backend = new CpuBackend(),
    mostBytes = MOST_DEALT,
    mostMemory = MOST_MEMORY,
    reserve = async () => {},
    onPass,
    seeds = freshSeeds,
  }: DealerOptions = {},
): Promise<void> {
  let reserved = 0;
  /** Throws ProtocolError for what is too large, whoever asked for it. */
  const makeRoom = async (plans: RunPlans, size: PassSize) => {
    const { dealt, setup } = plans.costOf(size);
    for (const bytes of [dealt, setup.toDataOwner + setup.toModelOwner]) {
      if (bytes > mostBytes)
        throw new ProtocolError(`this dealer deals at most ${mostBytes} bytes at a time; ${bytes} were asked for`);
    }
    const memory = plans.dealerMemoryOf(size);
    if (memory > mostMemory) {
      throw new ProtocolError(
        `this dealer has ${gigabytes(mostMemory)} of memory for a session; ${gigabytes(memory)} are needed: choose a shorter padded length, a smaller model, or a dealer in a third tab`,
      );
    }
    if (memory > reserved) await reserve(memory);
    reserved = Math.max(reserved, memory);
  };
  let run: { plans: RunPlans; dealing: Dealing } | undefined;
  try {
    await Promise.all([greet(dataOwner, 'dealer', 'data-owner'), greet(modelOwner, 'dealer', 'model-owner')]);
    for (;;) {
      const message = await receiveControl(dataOwner, 'the data owner', 'deal', 'pass', 'stocked');
      if (message.type === 'deal') {
        const other = await receiveControl(modelOwner, 'the model owner', 'deal');
        const plans = new RunPlans(message.config, message.shape);
        const { config, digest } = plans.dealt;
        for (const [name, said] of [
          ['data owner', message],
          ['model owner', other],
        ] as const) {
          if (said.digest !== digest)
            throw new ProtocolError(`the ${name}'s plan differs from the dealer's: reload all pages`);
          if (JSON.stringify(said.config) !== JSON.stringify(config))
            throw new ProtocolError(
              `the ${name} tells the dealer more of the model than dealing takes: reload all pages`,
            );
        }
        run?.dealing.release();
        run = undefined;
        await makeRoom(plans, ONE);
        const fresh = seeds();
        run = { plans, dealing: new Dealing(backend, fresh) };
        run.dealing.setup(plans.of(ONE));
        const most = plans.most({
          vectorBytes: backend.mostVectorBytes,
          dealtBytes: mostBytes,
          dealerBytes: mostMemory,
        });
        await sendControl(dataOwner, 'seed', { seed: seedToHex(fresh['data-owner']), most });
        await sendControl(modelOwner, 'seed', { seed: seedToHex(fresh['model-owner']), most });
      } else if (message.type === 'stocked') {
        // What was dealt ahead outlives the session: nobody but the parties is to have its seeds.
        run?.dealing.release();
        run = undefined;
      } else {
        const { pass, candidates, texts } = message;
        const size = { candidates, texts };
        if (!run) throw new ProtocolError('the data owner asked for a pass before a plan');
        const { plans, dealing } = run;
        if (pass !== dealing.nextPass) {
          throw new ProtocolError(`the data owner asked for pass ${pass} where pass ${dealing.nextPass} was due`);
        }
        await makeRoom(plans, size);
        await sendControl(modelOwner, 'dealing', { pass, ...size });
        const bytes = await dealing.deal(plans.of(size), { 'data-owner': dataOwner, 'model-owner': modelOwner });
        onPass?.(sequencesIn(size), bytes);
      }
    }
  } catch (error) {
    if (!(error instanceof ChannelClosed)) throw error;
  } finally {
    run?.dealing.release();
  }
}
