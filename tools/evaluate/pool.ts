/** Experiments side by side, one process for each core. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Experiment, Outcome } from './experiment';
import type { TaskData } from './tasks';

export class Pool {
  private readonly workers: { process: ChildProcess; died: Promise<never> }[];

  constructor(tasks: TaskData[], size = availableParallelism()) {
    // With the arguments of this process, so that TypeScript is understood there too.
    this.workers = Array.from({ length: size }, () => {
      const worker = fork(new URL('worker.ts', import.meta.url));
      worker.send({ tasks });
      const died = failure(worker);
      // Heard only while an experiment runs.
      died.catch(() => {});
      return { process: worker, died };
    });
  }

  /** Outcomes in the order of the experiments. Rejects with the first error. */
  async run(experiments: readonly Experiment[], progress: (done: number) => void): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    let next = 0;
    let done = 0;
    const work = async ({ process: worker, died }: Pool['workers'][number]) => {
      while (next < experiments.length) {
        const index = next++;
        worker.send({ experiment: experiments[index] });
        const [answer] = (await Promise.race([once(worker, 'message'), died])) as [
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
    for (const worker of this.workers) worker.process.kill();
  }
}

async function failure(worker: ChildProcess): Promise<never> {
  const [code, signal] = await once(worker, 'exit');
  throw new Error(`an experiment's process ended by itself (${signal ?? code})`);
}
