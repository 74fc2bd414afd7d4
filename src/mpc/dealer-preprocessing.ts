/**
 * Correlations from a dealer over a channel.
 *
 * The dealer gives each party a seed. Masks and the data owner's shares of what is dealt come from those; the model owner gets the
 * corrections, secret − the data owner's share, a flight a round and strand and read node by node as they arrive. So the data owner can sit
 * behind a slow line. Bytes: as `traffic().dealt` says, all to the model owner. `dealing.ts` is the other end.
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
    for (const place of flightsOf(plan)) if (correctionBytes(plan, place) === 0) this.inOrder.pass(place);
    await this.options.announce?.(pass, plan);
  }

  mask(position: Position, n: number, bits: Bits): Vector {
    return this.masks.draw(position, n, bits);
  }

  async dealt(node: PlanNode, signal: AbortSignal): Promise<Vector[]> {
    const { dealt } = trafficOf(node);
    if (this.options.role === 'data-owner') {
      return dealt.map(({ n, bits }, index) =>
        this.mask({ pass: this.pass, node: node.id, slot: DEALT_SLOT + index }, n, bits),
      );
    }
    if (dealt.length === 0) return [];
    const shares: Vector[] = [];
    const flight = await this.flight(node, signal);
    try {
      for (const part of dealt) shares.push(await flight.read(part));
    } catch (error) {
      for (const share of shares) this.options.backend.release(share);
      throw error;
    }
    if (flight.isOver) this.inOrder.pass(node);
    return shares;
  }

  private async flight(node: PlanNode, signal: AbortSignal): Promise<FlightReader> {
    const { round, strand } = node;
    const reading = this.reading[strand];
    if (reading?.round === round) return reading.flight;
    const { backend, dealer } = this.options;
    await this.inOrder.turn(node, signal);
    const length = this.plan ? correctionBytes(this.plan, node) : 0;
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
