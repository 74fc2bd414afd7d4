/**
 * Every figure that the project states about accuracy: measures them and writes docs/accuracy.md and docs/accuracy.json.
 *
 *   npm run evaluate
 *   npm run evaluate -- --only optimizers,sweep --seeds 3
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { main, parseQuantity } from './command-line';
import { compareWithMpc } from './evaluate/mpc';
import { digestOf, Memory, Pool } from './evaluate/pool';
import { comparePretraining } from './evaluate/pretraining';
import { type Report, render, type SectionName, sectionNames } from './evaluate/report';
import {
  type Figures,
  modelsTable,
  optimizersTable,
  type Scale,
  sweepTable,
  type Table,
  tasksTable,
  templatesTable,
} from './evaluate/sections';
import { feedback, heldOutTasks, sst2, type TaskData } from './evaluate/tasks';

const HELP = `Measure accuracy and write docs/accuracy.md and docs/accuracy.json (about 40 minutes on two cores).

  --only NAME,…     only these sections; the others keep their figures: ${sectionNames.join(', ')}
  --quick           two seeds, short runs: does everything work?
  --seeds N         (default 5; the sweep and the templates take at most 3)
  --model FOLDER    (default public/models/tiny)
  --corpus FOLDER   with sst2-train.tsv, sst2-dev.tsv, imdb-train.tsv.gz, … (default ../shared/data)
  --fresh           forgets what an earlier run measured (kept in out/evaluate.jsonl by experiment and weights)
  --workers N       processes side by side (default: one for each core)
  --out FOLDER      (default docs)`;

const TABLES = {
  tasks: tasksTable,
  models: modelsTable,
  optimizers: optimizersTable,
  sweep: sweepTable,
  templates: templatesTable,
};

main(HELP, async () => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      only: text,
      quick: { type: 'boolean', default: false },
      seeds: text,
      model: { type: 'string', default: 'public/models/tiny' },
      corpus: { type: 'string', default: '../shared/data' },
      fresh: { type: 'boolean', default: false },
      workers: text,
      out: { type: 'string', default: 'docs' },
    },
  });
  const whole = { '': 1 };
  const { quick, model, corpus, fresh } = values;
  const seeds = values.seeds === undefined ? (quick ? 2 : 5) : parseQuantity('--seeds', values.seeds, whole);
  const workers =
    values.workers === undefined ? availableParallelism() : parseQuantity('--workers', values.workers, whole);
  const larger = join(model, '..', 'small');
  const small = existsSync(join(larger, 'model.safetensors')) ? larger : undefined;
  const scale: Scale = { model, seeds, sweepSeeds: Math.min(seeds, 3), small };
  const wanted = values.only?.split(',') ?? sectionNames.filter((name) => name !== 'models' || small);
  const stranger = wanted.find((name) => !sectionNames.some((known) => known === name));
  if (stranger) throw new Error(`--only takes ${sectionNames.join(', ')}, not “${stranger}”`);
  if (wanted.includes('models') && !small) throw new Error(`there is no ${larger} to compare ${model} with`);

  const [markdown, json] = ['accuracy.md', 'accuracy.json'].map((name) => join(values.out, name)) as [string, string];
  const digest = digestOf(model);
  const cache = join('out', 'evaluate.jsonl');
  if (fresh) rmSync(cache, { force: true });
  const memory = new Memory(cache);
  const save = <N extends SectionName>(name: N, figures: Report['sections'][N]) => {
    // Read only now: another evaluation may have written meanwhile.
    const report: Report = existsSync(json) ? JSON.parse(readFileSync(json, 'utf8')) : { sections: {} };
    for (const key of Object.keys(report.sections))
      if (!sectionNames.some((known) => known === key)) delete report.sections[key as SectionName];
    report.sections[name] = figures && { ...figures, model: digest };
    mkdirSync(values.out, { recursive: true });
    writeFileSync(json, `${JSON.stringify(report, null, 1)}\n`);
    writeFileSync(markdown, render(report));
  };

  console.log('reading the corpora …');
  const tasks = new Map<string, TaskData>();
  for (const task of [sst2(corpus), feedback(), ...heldOutTasks(corpus)]) tasks.set(task.name, task);

  for (const [at, name] of (wanted as SectionName[]).entries()) {
    const began = performance.now();
    const say = (message: string) => console.log(`[${at + 1}/${wanted.length} ${name}] ${message}`);
    if (name === 'mpc') await compareWithMpc(model, tasks, quick, say, (figures) => save(name, figures));
    else if (name === 'pretraining')
      save(name, await comparePretraining(model, corpus, tasks, { quick, workers, fresh }, memory, say));
    else save(name, await measure(TABLES[name](scale), new Pool([...tasks.values()], memory, workers), say));
    say(`done in ${minutes((performance.now() - began) / 1000)}; ${markdown} is up to date`);
  }
  // A browser's connections may linger.
  process.exit();
});

/** Runs all of a table's experiments, and closes the pool. */
async function measure({ heads, rows }: Table, pool: Pool, say: (message: string) => void): Promise<Figures> {
  const experiments = rows.flatMap(({ cells }) => Object.values(cells).flat());
  const began = performance.now();
  let said = began;
  try {
    const outcomes = await pool.run(experiments, (done) => {
      const now = performance.now();
      if (now - said < 10_000) return;
      said = now;
      const left = ((now - began) / done) * (experiments.length - done);
      say(`${done} of ${experiments.length} runs, ${minutes(left / 1000)} left`);
    });
    const outcomeOf = new Map(experiments.map((experiment, i) => [experiment, outcomes[i]!]));
    return {
      heads,
      rows: rows.map(({ labels, cells }) => ({
        labels,
        cells: Object.fromEntries(
          Object.entries(cells).map(([column, cell]) => [column, cell.map((experiment) => outcomeOf.get(experiment)!)]),
        ),
      })),
      seeds: Math.max(...rows.flatMap(({ cells }) => Object.values(cells).map((cell) => cell.length))),
      seconds: outcomes.reduce((sum, { seconds }) => sum + seconds, 0),
    };
  } finally {
    pool.close();
  }
}

const minutes = (seconds: number) => `${(seconds / 60).toFixed(1)} min`;
