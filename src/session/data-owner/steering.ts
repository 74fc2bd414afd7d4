/** Pausing, resuming and stopping a run: asked for at any time, followed between two generations. */
import type { TrainingOptions } from './methods/method';

export class Steering {
  private pausing: { until: Promise<void>; end: () => void } | undefined;
  private stopping = false;

  constructor(private readonly options: Pick<TrainingOptions, 'emit' | 'say' | 'ended'>) {}

  pause(): void {
    if (this.pausing) return;
    let end = () => {};
    const until = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.pausing = { until, end };
  }

  resume(): void {
    this.pausing?.end();
    this.pausing = undefined;
  }

  stop(): void {
    this.stopping = true;
    this.resume();
  }

  /** Before a generation: waits out a pause, and says whether to go on. */
  async proceed(): Promise<boolean> {
    const { emit, say, ended } = this.options;
    if (this.pausing && !this.stopping) {
      emit({ type: 'paused' });
      await say('paused');
      await Promise.race([this.pausing?.until, ended]);
      if (!this.stopping) {
        await say('training');
        emit({ type: 'resumed' });
      }
    }
    return !this.stopping;
  }
}
