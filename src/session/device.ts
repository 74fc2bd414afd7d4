/** What computes for a party, and what takes over when a graphics card is lost. */
import type { Backend, DeviceLost } from '../compute/backend';
import { withoutGpu } from '../compute/create';
import type { SessionEvent } from './messages';

export class Device {
  constructor(
    private current: Backend,
    private readonly emit: (event: SessionEvent) => void,
    /** Makes what takes over. */
    private readonly next: typeof withoutGpu = withoutGpu,
  ) {}

  get backend(): Backend {
    return this.current;
  }

  /** Goes on with another backend, and says so. All vectors of the lost one are gone. */
  async takeOver(lost: DeviceLost): Promise<void> {
    const { backend, notice } = await this.next(lost.message);
    this.current.destroy();
    this.current = backend;
    this.emit({ type: 'compute', backend: backend.name, notice });
  }
}
