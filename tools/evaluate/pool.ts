/** Experiments side by side, one process for each core. What is known already is not measured again, so an interrupted run goes on. */
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Experiment, Outcome } from './experiment';
import type { TaskData } from './tasks';

/** Outcomes by experiment and weights, one JSON object a line. */
export class Memory {
  private readonly outcomes = new Map<string, Outcome>();
  private readonly digests = new Map<string, string>();

  constructor(private readonly path: string) {
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path)) return;
    for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
      const { key, outcome } = JSON.parse(line);
      this.outcomes.set(key, outcome);
    }
  }

  find(experiment: Experiment): Outcome | undefined {
    return this.outcomes.get(this.key(experiment));
  }

  add(experiment: Experiment, outcome: Outcome): void {
    const key = this.key(experiment);
    this.outcomes.set(key, outcome);
    appendFileSync(this.path, `${JSON.stringify({ key, outcome })}\n`);
  }

  private key(experiment: Experiment): string {
    const { model } = experiment;
    const digest = this.digests.get(model) ?? digestOf(model);
    this.digests.set(model, digest);
    return JSON.stringify({ ...experiment, model: digest });
  }
}

/** The beginning of the SHA-256 of a model's weights. */
export function digestOf(model: string): string {
  const weights = readFileSync(join(model, 'model.safetensors'));
  return createHash('sha256').update(weights).digest('hex').slice(0, 12);
}

export class Pool {
  private readonly workers: { process: ChildProcess; died: Promise<never> }[];

  constructor(
    tasks: TaskData[],
    private readonly memory: Memory,
    size: number,
  ) {
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
        const known = this.memory.find(experiments[index]!);
        if (known) {
          outcomes[index] = known;
          done++;
          continue;
        }
        worker.send({ experiment: experiments[index] });
        const [answer] = (await Promise.race([once(worker, 'message'), died])) as [
          { outcome: Outcome } | { error: string },
        ];
        if ('error' in answer) throw new Error(`${JSON.stringify(experiments[index])}: ${answer.error}`);
        outcomes[index] = answer.outcome;
        this.memory.add(experiments[index]!, answer.outcome);
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
