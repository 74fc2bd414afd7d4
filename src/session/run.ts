/** What both parties do alike at the beginning of a run: agree on the plan with the dealer, take a fresh seed, exchange masked matrices. */
import type { Backend } from '../compute/backend';
import type { ModelConfig } from '../models/config';
import { planDigest, planModel } from '../models/plan-model';
import { costOf } from '../program/cost';
import type { Plan } from '../program/plan';
import { type OwnMatrix, Party } from '../protocol/party';
import { seedFromHex } from '../random/seed';
import type { Connection } from './connection';
import { type RunShape, receiveControl, sendControl } from './control';

/** The plans of one run: they differ in the number of sequences only. */
export class RunPlans {
  private readonly plans = new Map<number, Plan>();

  constructor(
    readonly config: ModelConfig,
    readonly shape: RunShape,
  ) {}

  /** Throws PlanError when the shape does not fit the model's numbers. */
  of(sequences: number): Plan {
    let plan = this.plans.get(sequences);
    if (!plan) {
      plan = planModel(this.config, { ...this.shape, sequences });
      this.plans.set(sequences, plan);
    }
    return plan;
  }

  get digest(): string {
    return planDigest(this.of(1));
  }

  get setup(): { toModelOwner: number; toDataOwner: number } {
    return costOf(this.of(1)).setup;
  }
}

/** A party of its own seeds, ready for passes. Both sides call it once they have agreed on the shape. */
export async function beginRun(
  role: 'data-owner' | 'model-owner',
  { peer, dealer }: Connection,
  backend: Backend,
  plans: RunPlans,
  own: Map<string, OwnMatrix>,
): Promise<Party> {
  const { config, shape, digest } = plans;
  await sendControl(dealer, 'deal', { config, shape, digest });
  const { seed } = await receiveControl(dealer, 'the dealer', 'seed');
  const party = new Party({ role, backend, seed: seedFromHex(seed), peer, dealer });
  await party.setup(plans.of(1), own);
  return party;
}
