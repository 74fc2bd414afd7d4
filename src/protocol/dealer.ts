/**
 * The dealer's service: one session, two connections, no view of what the parties say to each other.
 *
 * It learns the model's configuration and a run's shapes. For every run it draws two fresh seeds, one for each party, and deals passes as the
 * data owner announces them. Nothing that it receives depends on data, weights or prompts.
 */
import type { Backend } from '../compute/backend';
import { CpuBackend } from '../compute/cpu/cpu-backend';
import type { ModelConfig } from '../models/config';
import { planDigest, planModel } from '../models/plan-model';
import { type Channel, ChannelClosed, ProtocolError } from '../net/channel';
import { costOf } from '../program/cost';
import type { Plan } from '../program/plan';
import { newSeed, seedToHex } from '../random/seed';
import { greet, type RunShape, receiveControl, sendControl } from '../session/control';
import { Dealing } from './dealing';

export interface DealerOptions {
  backend?: Backend;
  /** A run or a pass that would deal more bytes is refused: plans come from strangers. Default 8 GiB. */
  mostBytes?: number;
  /** Sees what was dealt. */
  onPass?: (sequences: number, bytes: number) => void;
  /** Seeds of a run; by default from the system's generator. For tests. */
  seeds?: () => Record<'data-owner' | 'model-owner', Uint8Array<ArrayBuffer>>;
}

const freshSeeds = () => ({ 'data-owner': newSeed(), 'model-owner': newSeed() });

/** Deals until a party leaves, and then returns. Throws ProtocolError when the two sides do not agree or break the order. */
export async function runDealer(
  { dataOwner, modelOwner }: { dataOwner: Channel; modelOwner: Channel },
  { backend = new CpuBackend(), mostBytes = 2 ** 33, onPass, seeds = freshSeeds }: DealerOptions = {},
): Promise<void> {
  let run: { config: ModelConfig; shape: RunShape; dealing: Dealing; plans: Map<number, Plan> } | undefined;
  try {
    await Promise.all([greet(dataOwner, 'dealer', 'data-owner'), greet(modelOwner, 'dealer', 'model-owner')]);
    for (;;) {
      const message = await receiveControl(dataOwner, 'the data owner', 'deal', 'pass');
      if (message.type === 'deal') {
        const other = await receiveControl(modelOwner, 'the model owner', 'deal');
        const { config, shape } = message;
        const plan = planModel(config, { ...shape, sequences: 1 });
        checkSize(plan, mostBytes);
        const digest = planDigest(plan);
        for (const [name, said] of [
          ['data owner', message],
          ['model owner', other],
        ] as const) {
          if (said.digest !== digest)
            throw new ProtocolError(`the ${name}'s plan differs from the dealer's: reload all pages`);
        }
        run?.dealing.release();
        const fresh = seeds();
        run = { config, shape, dealing: new Dealing(backend, fresh), plans: new Map() };
        run.dealing.setup(plan);
        await sendControl(dataOwner, 'seed', { seed: seedToHex(fresh['data-owner']) });
        await sendControl(modelOwner, 'seed', { seed: seedToHex(fresh['model-owner']) });
      } else {
        const { pass, sequences } = message;
        if (!run) throw new ProtocolError('the data owner asked for a pass before a plan');
        if (pass !== run.dealing.nextPass) {
          throw new ProtocolError(`the data owner asked for pass ${pass} where pass ${run.dealing.nextPass} was due`);
        }
        let plan = run.plans.get(sequences);
        if (!plan) {
          plan = planModel(run.config, { ...run.shape, sequences });
          checkSize(plan, mostBytes);
          run.plans.set(sequences, plan);
        }
        await sendControl(modelOwner, 'dealing', { pass, sequences });
        const bytes = await run.dealing.deal(plan, modelOwner);
        onPass?.(sequences, bytes);
      }
    }
  } catch (error) {
    if (!(error instanceof ChannelClosed)) throw error;
  } finally {
    run?.dealing.release();
  }
}

function checkSize(plan: Plan, mostBytes: number): void {
  const { dealt, setup } = costOf(plan);
  const bytes = dealt + setup.toDataOwner + setup.toModelOwner;
  if (bytes > mostBytes)
    throw new ProtocolError(`this dealer deals at most ${mostBytes} bytes at a time; ${bytes} were asked for`);
}
