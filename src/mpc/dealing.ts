/**
 * The dealer's walk of a plan: it draws what both parties draw, computes what depends on masks alone, and sends the corrections.
 *
 * It has seeds and shapes. No share, no opened value and no message between the parties ever reaches it. `dealer-preprocessing.ts` is
 * the parties' end.
 */
import type { Backend, Vector } from '../compute/backend';
import type { Channel } from '../net/channel';
import { counterpart, type PartyRole } from '../net/code';
import { wordsFor } from '../ring/ring';
import { type Bytes, bytes } from '../ring/units';
import { correctionBytes, correctionsOf } from './corrections';
import { FlightWriter } from './flight';
import { MaskStream } from './mask-stream';
import { DEALT_SLOT, type DealerContext } from './operation';
import { rowOf, trafficOf } from './operations';
import { checkWeights, type Plan, type PlanNode, type WeightPlan } from './plan';
import { flightsOf, nodesOf } from './strands';
import { Workspace } from './workspace';

const PARTIES = ['data-owner', 'model-owner'] as const satisfies PartyRole[];

export class Dealing {
  private readonly masks: Record<PartyRole, MaskStream>;
  private readonly weightMasks = new Map<string, Vector>();
  private weights: WeightPlan[] | undefined;
  private passes = 0;

  /** Seeds of 32 bytes each, fresh for every session. */
  constructor(
    private readonly backend: Backend,
    seeds: Record<PartyRole, Uint8Array>,
  ) {
    this.masks = {
      'data-owner': new MaskStream(backend, seeds['data-owner']),
      'model-owner': new MaskStream(backend, seeds['model-owner']),
    };
  }

  /** Draws the masks of the matrices as their owners do. Once a session. */
  setup(plan: Plan): void {
    if (this.weights) throw new Error('the set-up of a session happens once');
    this.weights = plan.weights;
    for (const [node, { name, owner, inputs, outputs, bits }] of plan.weights.entries()) {
      this.weightMasks.set(name, this.masks[owner].draw({ pass: 0, node, slot: 0 }, inputs * outputs, bits));
    }
    this.passes = 1;
  }

  get nextPass(): number {
    return this.passes;
  }

  /** Deals one pass: to either party a flight of corrections a round and strand. Returns the bytes dealt. */
  async deal(plan: Plan, channels: Record<PartyRole, Channel>): Promise<Bytes> {
    checkWeights(plan, this.weights);
    const pass = this.passes++;
    const work = new Workspace(this.backend);
    let total = 0;
    try {
      for (const place of flightsOf(plan)) {
        const flights = PARTIES.map((to) => {
          const length = correctionBytes(plan, place, to);
          total += length;
          return { to, writer: new FlightWriter(this.backend, channels[to], { pass, round: place.round }, length) };
        });
        for (const node of nodesOf(plan, place)) {
          const corrections: Vector[] = [];
          rowOf(node).deal?.(node, this.context(node, pass, work, corrections));
          for (const { to, writer } of flights) {
            const own = corrections.filter((_, i) => node.dealtTo[i] === to);
            await writer.write(own, correctionsOf(node, to));
          }
          work.tidy();
          work.finish(node, plan);
        }
        for (const { writer } of flights) writer.end();
      }
      return bytes(total);
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
    const draw: DealerContext['draw'] = (party, slot, n, bits) =>
      work.adopt(this.masks[party].draw({ pass, node: node.id, slot }, n, bits));
    const { dealt } = trafficOf(node);
    return {
      backend,
      draw,
      stored: (other, name) => work.get(other, name),
      store: (name, v) => work.store(node, name, v),
      deal: (secret) => {
        const part = dealt[corrections.length];
        if (part?.n !== secret.n)
          throw new Error(`${node.kind} ${node.name} deals something else than its traffic says`);
        const slot = DEALT_SLOT + corrections.length;
        const share = draw(counterpart(node.dealtTo[corrections.length]!), slot, part.n, part.bits);
        corrections.push(backend.subtract(secret, share, wordsFor(part.bits)));
      },
      mask: (weight) => {
        const mask = this.weightMasks.get(weight);
        if (!mask) throw new Error(`the set-up masked no ${weight}`);
        return mask;
      },
    };
  }
}
