/** A process that runs experiments one after another; see pool.ts. */
import { type Experiment, runExperiment } from './experiment';
import { startJax } from './fast-reference';
import { type Model, readModel } from './model';
import type { TaskData } from './tasks';

let tasks: Map<string, TaskData>;
const models = new Map<string, Model>();
const ready = startJax();

process.on('message', async (message: { tasks: TaskData[] } | { experiment: Experiment }) => {
  if ('tasks' in message) {
    tasks = new Map(message.tasks.map((task) => [task.name, task]));
    return;
  }
  await ready;
  const { experiment } = message;
  try {
    const model = models.get(experiment.model) ?? readModel(experiment.model);
    models.set(experiment.model, model);
    process.send!({ outcome: await runExperiment(model, tasks.get(experiment.task)!, experiment) });
  } catch (error) {
    process.send!({ error: (error as Error).stack });
  }
});
