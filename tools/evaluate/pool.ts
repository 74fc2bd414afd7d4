/** Experiments side by side, one process for each core. What is known already is not measured again, so an interrupted run goes on. */
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Experiment, identityOf, needs, type Outcome } from './experiment';
import type { FeatureStore, Reading } from './features';
import type { TaskData } from './tasks';
import type { Answer, Question } from './worker';

/** Hears how many of what are done. */
export type Progress = (done: number, total: number, what: string) => void;

/** Outcomes by experiment and weights, one JSON object a line; what needs no model is known of all of them. */
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

  /** Of a model's weights, read once. */
  digest(model: string): string {
    const digest = this.digests.get(model) ?? digestOf(model);
    this.digests.set(model, digest);
    return digest;
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
    return JSON.stringify(identityOf(experiment, (model) => this.digest(model)));
  }
}

/** The beginning of the SHA-256 of a model's weights. */
export function digestOf(model: string): string {
  const weights = readFileSync(join(model, 'model.safetensors'));
  return createHash('sha256').update(weights).digest('hex').slice(0, 12);
}

/** Texts that a process reads at a time: a few, so that little is lost when it is stopped. */
const TEXTS = 8;

export class Pool {
  private readonly workers: { process: ChildProcess; died: Promise<never> }[];
  private readonly tasks: Map<string, TaskData>;

  constructor(
    tasks: TaskData[],
    private readonly memory: Memory,
    private readonly store: FeatureStore,
    size: number,
  ) {
    this.tasks = new Map(tasks.map((task) => [task.name, task]));
    // With the arguments of this process, so that TypeScript is understood there too.
    this.workers = Array.from({ length: size }, () => {
      const worker = fork(new URL('worker.ts', import.meta.url), { serialization: 'advanced' });
      worker.send({ tasks });
      const died = failure(worker);
      // Heard only while an experiment runs.
      died.catch(() => {});
      return { process: worker, died };
    });
  }

  /** Outcomes in the order of the experiments. Rejects with the first error. */
  async run(experiments: readonly Experiment[], progress: Progress): Promise<Outcome[]> {
    const waiting = experiments.filter((experiment) => !this.memory.find(experiment));
    await this.read(waiting, progress);
    const report = counter(waiting.length, 'runs', progress);
    await this.spread(waiting, async (experiment, ask) => {
      const answer = await ask({ experiment, features: this.featuresFor(experiment) });
      if ('outcome' in answer) this.memory.add(experiment, answer.outcome);
      report(1);
    });
    return experiments.map((experiment) => this.memory.find(experiment)!);
  }

  /** Has the models read what experiments need of texts and nobody has read yet. */
  private async read(experiments: readonly Experiment[], progress: Progress): Promise<void> {
    const { memory, store } = this;
    const wanted = new Map<string, { model: string; reading: Reading; texts: Set<string> }>();
    for (const experiment of experiments) {
      const { model } = experiment;
      const data = this.tasks.get(experiment.task)!;
      const needed = needs(experiment, data);
      if (!needed) continue;
      const key = JSON.stringify([model, needed.reading]);
      const { texts } = wanted.get(key) ?? { texts: new Set<string>() };
      wanted.set(key, { model, reading: needed.reading, texts });
      for (const text of needed.texts) if (!store.find(memory.digest(model), needed.reading, text)) texts.add(text);
    }
    const questions = [...wanted.values()].flatMap(({ model, reading, texts }) =>
      chunks([...texts], TEXTS).map((part) => ({ model, reading, texts: part })),
    );
    const total = questions.reduce((sum, { texts }) => sum + texts.length, 0);
    const report = counter(total, 'texts read', progress);
    await this.spread(questions, async (question, ask) => {
      const { model, reading, texts } = question;
      const answer = await ask(question);
      if (!('rows' in answer)) return;
      for (const [i, row] of answer.rows.entries()) store.add(memory.digest(model), reading, texts[i]!, row);
      report(texts.length);
    });
  }

  private featuresFor(experiment: Experiment): Map<string, Float32Array> | undefined {
    const data = this.tasks.get(experiment.task)!;
    const needed = needs(experiment, data);
    const digest = this.memory.digest(experiment.model);
    return needed && new Map(needed.texts.map((text) => [text, this.store.find(digest, needed.reading, text)!]));
  }

  /** Items to whichever process is idle. */
  private async spread<T>(
    items: readonly T[],
    work: (item: T, ask: (question: Question) => Promise<Answer>) => Promise<void>,
  ): Promise<void> {
    let next = 0;
    const serve = async ({ process: worker, died }: Pool['workers'][number]) => {
      const ask = async (question: Question) => {
        worker.send(question);
        const [answer] = (await Promise.race([once(worker, 'message'), died])) as [Answer];
        if ('error' in answer) throw new Error(`${JSON.stringify(question).slice(0, 500)}: ${answer.error}`);
        return answer;
      };
      while (next < items.length) await work(items[next++]!, ask);
    };
    await Promise.all(this.workers.map(serve));
  }

  close(): void {
    for (const worker of this.workers) worker.process.kill();
  }
}

async function failure(worker: ChildProcess): Promise<never> {
  const [code, signal] = await once(worker, 'exit');
  throw new Error(`an experiment's process ended by itself (${signal ?? code})`);
}

function counter(total: number, what: string, progress: Progress): (more: number) => void {
  let done = 0;
  return (more) => {
    done += more;
    progress(done, total, what);
  };
}

const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
