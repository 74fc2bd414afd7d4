/**
 * Correlations from a dealer over a channel.
 *
 * The dealer gives each party a seed. Masks and the data owner's shares of what is dealt come from those; the model owner gets the
 * corrections, secret − the data owner's share, a flight a round and read node by node as they arrive. So the data owner can sit
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
  /** The flight of corrections that is being read. */
  private reading: { round: number; flight: FlightReader } | undefined;

  constructor(private readonly options: DealerOptions) {
    this.masks = new MaskStream(options.backend, options.seed);
  }

  async begin(pass: number, plan: Plan): Promise<void> {
    this.pass = pass;
    this.plan = plan;
    this.reading = undefined;
    await this.options.announce?.(pass, plan);
  }

  mask(position: Position, n: number, bits: Bits): Vector {
    return this.masks.draw(position, n, bits);
  }

  async dealt(node: PlanNode): Promise<Vector[]> {
    const { dealt } = trafficOf(node);
    if (this.options.role === 'data-owner') {
      return dealt.map(({ n, bits }, index) =>
        this.mask({ pass: this.pass, node: node.id, slot: DEALT_SLOT + index }, n, bits),
      );
    }
    const shares: Vector[] = [];
    for (const part of dealt) shares.push(await this.flight(node.round).read(part));
    return shares;
  }

  private flight(round: number): FlightReader {
    if (this.reading?.round !== round) {
      const { backend, dealer } = this.options;
      const length = this.plan ? correctionBytes(this.plan, round) : 0;
      const name = { pass: this.pass, round };
      this.reading = { round, flight: new FlightReader(backend, dealer, 'the dealer', name, length) };
    }
    return this.reading.flight;
  }
}
