/**
 * The dealer's walk of a plan: it draws what both parties draw, computes what depends on masks alone, and sends the corrections.
 *
 * It has seeds and shapes. No share, no opened value and no message between the parties ever reaches it.
 */
import type { Backend, Vector } from '../compute/backend';
import type { Channel } from '../net/channel';
import { partBytes } from '../program/cost';
import { checkWeights, type Plan, type PlanNode, type WeightPlan } from '../program/plan';
import { wordsFor } from '../ring/ring';
import { Masks } from './masks';
import { packMessage, tagOf } from './message';
import { DEALT_SLOT, type DealerContext } from './operation';
import { protocolOf, trafficOf } from './operations';
import { Workspace } from './workspace';

export class Dealing {
  private readonly masks: Record<'data-owner' | 'model-owner', Masks>;
  private readonly weightMasks = new Map<string, Vector>();
  private weights: WeightPlan[] | undefined;
  private passes = 0;

  /** Seeds of 32 bytes each, fresh for every session. */
  constructor(
    private readonly backend: Backend,
    seeds: Record<'data-owner' | 'model-owner', Uint8Array>,
  ) {
    this.masks = { 'data-owner': new Masks(seeds['data-owner']), 'model-owner': new Masks(seeds['model-owner']) };
  }

  /** Draws the masks of the matrices as their owners do. Once a session. */
  setup(plan: Plan): void {
    if (this.weights) throw new Error('the set-up of a session happens once');
    this.weights = plan.weights;
    for (const [index, { name, owner, inputs, outputs, bits }] of plan.weights.entries()) {
      this.weightMasks.set(name, this.masks[owner].draw(this.backend, 0, index, 0, inputs * outputs, bits));
    }
    this.passes = 1;
  }

  get nextPass(): number {
    return this.passes;
  }

  /** Deals one pass: a message of corrections a round, to the model owner. Returns the bytes dealt. */
  async deal(plan: Plan, modelOwner: Channel): Promise<number> {
    checkWeights(plan, this.weights);
    const pass = this.passes++;
    const work = new Workspace(this.backend);
    let total = 0;
    try {
      for (let round = 0; round <= plan.rounds; round++) {
        const secrets: Vector[] = [];
        const nodes = plan.nodes.filter((node) => node.round === round);
        const parts = nodes.flatMap((node) => trafficOf(node).dealt);
        for (const node of nodes) {
          protocolOf(node).deal?.(node, this.context(node, pass, work, secrets));
          work.finish(node, plan);
        }
        if (parts.length) {
          const body = await packMessage(this.backend, secrets, parts, `what is dealt in round ${round}`);
          await modelOwner.send({ kind: 'ring', tag: tagOf(pass, round), body });
          total += partBytes(parts);
        }
        work.tidy();
      }
      return total;
    } finally {
      work.clear();
    }
  }

  release(): void {
    for (const v of this.weightMasks.values()) this.backend.release(v);
    this.weightMasks.clear();
  }

  private context(node: PlanNode, pass: number, work: Workspace, corrections: Vector[]): DealerContext {
    const { backend } = work;
    const draw = (party: 'data-owner' | 'model-owner', slot: number, n: number, bits: number) =>
      work.adopt(this.masks[party].draw(this.backend, pass, node.id, slot, n, bits));
    const { dealt } = trafficOf(node);
    let index = 0;
    return {
      backend,
      draw,
      kept: (other, name) => work.get(other, name),
      keep: (name, v) => work.keep(node, name, v),
      deal: (secret) => {
        const part = dealt[index];
        if (part?.n !== secret.n)
          throw new Error(`${node.kind} ${node.name} deals something else than its traffic says`);
        const share = draw('data-owner', DEALT_SLOT + index, part.n, part.bits);
        corrections.push(backend.subtract(secret, share, wordsFor(part.bits)));
        index++;
      },
      mask: (weight) => this.weightMasks.get(weight)!,
    };
  }
}
