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
import { among, main, parseQuantity } from './command-line';
import { type Method, methodsFor } from './evaluate/experiment';
import { FeatureStore } from './evaluate/features';
import { compareWithMpc } from './evaluate/mpc';
import { digestOf, Memory, Pool } from './evaluate/pool';
import { comparePretraining } from './evaluate/pretraining';
import { type Report, render, type SectionName, sectionNames } from './evaluate/report';
import {
  type Figures,
  METHOD_TITLES,
  merged,
  methodsTable,
  optimizersTable,
  type Scale,
  sweepTable,
  type Table,
  templatesTable,
} from './evaluate/sections';
import { feedback, feedbackAsOpinions, givenTasks, heldOutTasks, sst2, type TaskData } from './evaluate/tasks';
import { openModelFolder } from './model-folder';

const HELP = `Measure accuracy and write docs/accuracy.md and docs/accuracy.json (about two hours on two cores).

  --only NAME,…     only these sections; the others keep their figures: ${sectionNames.join(', ')}
  --quick           two seeds, short runs: does everything work?
  --seeds N         (default 5; the sweep and the templates take at most 3)
  --model FOLDER    may be given several times (default: the built-in models). Methods are compared on each; the other
                    sections are of the first masked language model
  --tasks NAME,…    methods are compared on these alone; what is known of others stays
  --methods NAME,…  only these methods: ${Object.keys(METHOD_TITLES).join(', ')}
  --corpus FOLDER   with sst2-train.tsv, sst2-dev.tsv, imdb-train.tsv.gz, … (default ../shared/data)
  --given FOLDER    with ag.tsv, amazon.tsv, bank8.tsv, as far as they are there (default ../shared/tasks)
  --fresh           forgets what an earlier run measured (kept in out/evaluate.jsonl by experiment and weights, and in
                    out/features)
  --workers N       processes side by side (default: one for each core)
  --out FOLDER      (default docs)`;

const TABLES = {
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
      model: { ...text, multiple: true, default: ['public/models/tiny', 'public/models/small'] },
      tasks: text,
      methods: text,
      corpus: { type: 'string', default: '../shared/data' },
      given: { type: 'string', default: '../shared/tasks' },
      fresh: { type: 'boolean', default: false },
      workers: text,
      out: { type: 'string', default: 'docs' },
    },
  });
  const whole = { '': 1 };
  const { quick, corpus, fresh } = values;
  const seeds = values.seeds === undefined ? (quick ? 2 : 5) : parseQuantity('--seeds', values.seeds, whole);
  const workers =
    values.workers === undefined ? availableParallelism() : parseQuantity('--workers', values.workers, whole);
  const wanted = among('--only', values.only, sectionNames) ?? [...sectionNames];
  const methods = among('--methods', values.methods, Object.keys(METHOD_TITLES) as Method[]);

  const [markdown, json] = ['accuracy.md', 'accuracy.json'].map((name) => join(values.out, name)) as [string, string];
  const cache = join('out', 'evaluate.jsonl');
  const features = join('out', 'features');
  if (fresh) for (const path of [cache, features]) rmSync(path, { force: true, recursive: true });
  const memory = new Memory(cache);
  const store = new FeatureStore(features);
  const read = (): Report => (existsSync(json) ? JSON.parse(readFileSync(json, 'utf8')) : { sections: {} });
  const save = <N extends SectionName>(name: N, figures: Report['sections'][N]) => {
    // Read only now: another evaluation may have written meanwhile.
    const report = read();
    for (const key of Object.keys(report.sections))
      if (!sectionNames.some((known) => known === key)) delete report.sections[key as SectionName];
    report.sections[name] = figures;
    mkdirSync(values.out, { recursive: true });
    writeFileSync(json, `${JSON.stringify(report, null, 1)}\n`);
    writeFileSync(markdown, render(report));
  };

  console.log('reading the corpora …');
  const models = await Promise.all(values.model.map(modelIn));
  const all = [sst2(corpus), feedback(), feedbackAsOpinions(), ...givenTasks(values.given), ...heldOutTasks(corpus)];
  const tasks = new Map(all.map((task): [string, TaskData] => [task.name, task]));
  const chosen = among('--tasks', values.tasks, [...tasks.keys()]) ?? [...tasks.keys()];

  for (const [at, name] of wanted.entries()) {
    const began = performance.now();
    const say = (message: string) => console.log(`[${at + 1}/${wanted.length} ${name}] ${message}`);
    const pool = () => new Pool(all, memory, store, workers);
    if (name === 'methods') {
      const compared = new Map(chosen.map((task) => [task, tasks.get(task)!]));
      // A model at a time, so that what is there can be read while the next one is measured.
      for (const model of models) {
        say(model.folder);
        const figures = await measure(methodsTable({ models: [model], tasks: compared, seeds, methods }), pool(), say);
        for (const row of figures.rows) row.weights = digestOf(model.folder);
        save(name, merged(read().sections.methods, figures));
      }
    } else {
      const model = models.find(({ task }) => task === 'masked-lm')?.folder;
      if (!model) throw new Error(`the section ${name} is of a masked language model: --model FOLDER, or none`);
      const digest = digestOf(model);
      if (name === 'mpc')
        await compareWithMpc(model, tasks, quick, say, (figures) => save(name, { ...figures, model: digest }));
      else if (name === 'pretraining') {
        const figures = await comparePretraining({ model, corpus, quick, workers, fresh, pool }, tasks, say);
        save(name, { ...figures, model: digest });
      } else {
        const scale: Scale = { model, seeds, sweepSeeds: Math.min(seeds, 3) };
        save(name, { ...(await measure(TABLES[name](scale), pool(), say)), model: digest });
      }
    }
    say(`done in ${minutes((performance.now() - began) / 1000)}; ${markdown} is up to date`);
  }
  // A browser's connections may linger.
  process.exit();
});

/** Throws where there is none, or one of a kind that is not evaluated. */
async function modelIn(folder: string) {
  const { config, close } = await openModelFolder(folder);
  await close();
  methodsFor(config.task);
  return { folder, task: config.task };
}

/** Runs all of a table's experiments, and closes the pool. */
async function measure({ heads, rows }: Table, pool: Pool, say: (message: string) => void): Promise<Figures> {
  const experiments = rows.flatMap(({ cells }) => Object.values(cells).flat());
  // Of what is counted now: texts are read first, then heads and prompts are tuned.
  let began = performance.now();
  let said = began;
  let last = 0;
  try {
    const outcomes = await pool.run(experiments, (done, total, what) => {
      const now = performance.now();
      if (done === 1 || done < last) began = now;
      last = done;
      if (now - said < 10_000) return;
      said = now;
      const left = ((now - began) / done) * (total - done);
      say(`${done} of ${total} ${what}, ${minutes(left / 1000)} left`);
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
