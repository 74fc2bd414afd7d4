/** What computes for a party, and what takes over when a graphics card is lost. */
import type { Backend, DeviceLost } from '../compute/backend';
import { withoutGpu } from '../compute/create';
import { ProtocolError } from '../net/channel';
import type { SessionEvent } from './messages';

/** How many runs may be broken off in one session: a side that always does makes the other mask and send its matrices for ever. */
const MOST_BREAKS = 6;

export class Device {
  private breaks = 0;

  constructor(
    private current: Backend,
    private readonly emit: (event: SessionEvent) => void,
  ) {}

  get backend(): Backend {
    return this.current;
  }

  /** Counts a run that was broken off, for whichever side's loss. Throws when that happens again and again. */
  count(): void {
    if (++this.breaks > MOST_BREAKS) throw new ProtocolError(`the run was broken off ${this.breaks} times`);
  }

  /** Goes on with another backend, and says so. All vectors of the lost one are gone. */
  async takeOver(lost: DeviceLost): Promise<void> {
    const { backend, notice } = await withoutGpu(lost.message);
    this.current.destroy();
    this.current = backend;
    this.emit({ type: 'compute', backend: backend.name, notice });
  }
}
