/** Experiments side by side, one process for each core. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Experiment, Outcome } from './experiment';
import type { TaskData } from './tasks';

export class Pool {
  private readonly workers: ChildProcess[];

  constructor(tasks: TaskData[], size = availableParallelism()) {
    // With the arguments of this process, so that TypeScript is understood there too.
    this.workers = Array.from({ length: size }, () => fork(new URL('worker.ts', import.meta.url)));
    for (const worker of this.workers) worker.send({ tasks });
  }

  /** Outcomes in the order of the experiments. Rejects with the first error. */
  async run(experiments: readonly Experiment[], progress: (done: number) => void): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    let next = 0;
    let done = 0;
    const work = async (worker: ChildProcess) => {
      while (next < experiments.length) {
        const index = next++;
        worker.send({ experiment: experiments[index] });
        const [answer] = (await Promise.race([once(worker, 'message'), died(worker)])) as [
          { outcome: Outcome } | { error: string },
        ];
        if ('error' in answer) throw new Error(`${JSON.stringify(experiments[index])}: ${answer.error}`);
        outcomes[index] = answer.outcome;
        progress(++done);
      }
    };
    await Promise.all(this.workers.map(work));
    return outcomes;
  }

  close(): void {
    for (const worker of this.workers) worker.kill();
  }
}

async function died(worker: ChildProcess): Promise<never> {
  const [code, signal] = await once(worker, 'exit');
  throw new Error(`an experiment's process ended by itself (${signal ?? code})`);
}
