/** A process that runs experiments, and reads texts, one after another; see pool.ts. */
import { type Experiment, type Outcome, runExperiment } from './experiment';
import { startJax } from './fast-reference';
import { type Reading, reader } from './features';
import { type Model, readModel } from './model';
import type { TaskData } from './tasks';

/** What to measure, with what is known of its texts; or texts to read. */
export type Question =
  | { experiment: Experiment; features?: Map<string, Float32Array> }
  | { model: string; reading: Reading; texts: string[] };

export type Answer = { outcome: Outcome } | { rows: Float32Array[] } | { error: string };

let tasks: Map<string, TaskData>;
const models = new Map<string, Promise<Model>>();
const readers = new Map<string, ReturnType<typeof reader>>();
const ready = startJax();

process.on('message', async (message: { tasks: TaskData[] } | Question) => {
  if ('tasks' in message) {
    tasks = new Map(message.tasks.map((task) => [task.name, task]));
    return;
  }
  const answer = (found: Answer) => process.send!(found);
  try {
    await ready;
    if ('experiment' in message) {
      const { experiment, features } = message;
      const data = tasks.get(experiment.task)!;
      answer({ outcome: await runExperiment(await modelIn(experiment.model), data, experiment, { features }) });
    } else {
      const { model, reading, texts } = message;
      const read = await remembered(readers, JSON.stringify([model, reading]), async () =>
        reader(await modelIn(model), reading),
      );
      answer({ rows: read(texts) });
    }
  } catch (error) {
    answer({ error: (error as Error).stack ?? String(error) });
  }
});

const modelIn = (folder: string) => remembered(models, folder, () => readModel(folder));

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
