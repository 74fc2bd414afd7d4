/**
 * Correlations from a dealer over a channel.
 *
 * The dealer gives each party a seed. Masks and one party's share of what is dealt come from those; the other gets the
 * correction, secret − that share: the plan says who, part by part. Corrections come in a flight a round and strand and are read node by node as they
 * arrive. Bytes: as `traffic().dealt` says, half of them to either party or all to the model owner. `dealing.ts` is the other end.
 */
import type { Backend, Vector } from '../compute/backend';
import type { PartyRole } from '../net/code';
import type { PassKeys } from '../random/pass-keys';
import type { Bits } from '../ring/units';
import { correctionBytes } from './corrections';
import { FlightReader, type Source } from './flight';
import { MaskStream, type Position } from './mask-stream';
import { DEALT_SLOT } from './operation';
import { trafficOf } from './operations';
import type { Plan, PlanNode } from './plan';
import type { Preprocessing } from './preprocessing';
import { flightsOf, InOrder } from './strands';

export interface DealerOptions {
  role: PartyRole;
  backend: Backend;
  /** 32 bytes from the dealer, or keys made of them; nobody else but the dealer has them. */
  seed: Uint8Array | PassKeys;
  /** What corrections come from: the dealer, or where they were kept. */
  dealer: Source;
  /** Lets the dealer know of a pass, or waits for it to. */
  announce?: (pass: number, plan: Plan) => Promise<void>;
}

export class DealerPreprocessing implements Preprocessing {
  private readonly masks: MaskStream;
  private pass = 0;
  private plan: Plan | undefined;
  /** The flights of corrections that are being read, by strand. */
  private reading: Reading[] = [];
  private inOrder = new InOrder(1);

  constructor(private readonly options: DealerOptions) {
    this.masks = new MaskStream(options.backend, options.seed);
  }

  async begin(pass: number, plan: Plan): Promise<void> {
    this.pass = pass;
    this.plan = plan;
    const { strands } = plan;
    this.reading = new Array<Reading>(strands);
    this.inOrder = new InOrder(strands);
    const { role } = this.options;
    for (const place of flightsOf(plan)) if (correctionBytes(plan, place, role) === 0) this.inOrder.pass(place);
    await this.options.announce?.(pass, plan);
  }

  mask(position: Position, n: number, bits: Bits): Vector {
    return this.masks.draw(position, n, bits);
  }

  async dealt(node: PlanNode, signal: AbortSignal): Promise<Vector[]> {
    const { role, backend } = this.options;
    const flight = node.dealtTo.includes(role) ? await this.flight(node, signal) : undefined;
    const shares: Vector[] = [];
    try {
      for (const [i, part] of trafficOf(node).dealt.entries()) {
        const position = { pass: this.pass, node: node.id, slot: DEALT_SLOT + i };
        const isRead = flight && node.dealtTo[i] === role;
        shares.push(isRead ? await flight.read(part) : this.mask(position, part.n, part.bits));
      }
    } catch (error) {
      for (const share of shares) backend.release(share);
      throw error;
    }
    if (flight?.isOver) this.inOrder.pass(node);
    return shares;
  }

  private async flight(node: PlanNode, signal: AbortSignal): Promise<FlightReader> {
    const { round, strand } = node;
    const reading = this.reading[strand];
    if (reading?.round === round) return reading.flight;
    const { backend, dealer, role } = this.options;
    await this.inOrder.turn(node, signal);
    const length = this.plan ? correctionBytes(this.plan, node, role) : 0;
    const name = { pass: this.pass, round };
    const flight = new FlightReader(backend, dealer, 'the dealer', name, length, signal);
    this.reading[strand] = { round, flight };
    return flight;
  }
}

interface Reading {
  round: number;
  flight: FlightReader;
}
