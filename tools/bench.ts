/**
 * Every figure that the project states about cost and speed: measures them and writes docs/benchmarks.md, .json and its pictures.
 *
 *   npm run bench
 *   npm run bench -- --only counts,kernels
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureCheckpoints } from './bench/checkpoints';
import { countGrowth, countShapes } from './bench/counts';
import { type Benchmarks, type SectionName, type Sections, sectionNames } from './bench/figures';
import { measureJiff } from './bench/jiff';
import { measureKernels } from './bench/kernels';
import { measureNetwork } from './bench/network';
import { measurePrivacy } from './bench/privacy';
import { render, withTable } from './bench/report';
import { measureTabs } from './bench/tabs';
import { LIST, listBuiltIns } from './built-ins';
import { among, main } from './command-line';

const HELP = `Count and measure what passes cost; write docs/benchmarks.md and .json, its pictures, the README's table, and ${LIST}, the latter with
the accuracies of docs/accuracy.json (about a quarter of an hour on two cores; tabs needs coturn).

  --only NAME,…    only these sections; the others keep their figures: ${sectionNames.join(', ')}
  --models FOLDER  with stock checkpoints in folders, each with a reference.json (default ../shared/models)`;

const [JSON_FILE, MARKDOWN, PICTURES, README] = [
  'docs/benchmarks.json',
  'docs/benchmarks.md',
  'docs/images',
  'README.md',
] as const;

interface Options {
  models: string;
  say(line: string): void;
}

/** Undefined where this machine lacks what a section needs; it has said why. */
const MAKE: { readonly [K in SectionName]: (options: Options) => Promise<Sections[K] | undefined> } = {
  counts: countShapes,
  growth: countGrowth,
  checkpoints: ({ models, say }) => measureCheckpoints(models, say),
  jiff: ({ say }) => measureJiff(say),
  kernels: ({ say }) => measureKernels(say),
  network: ({ say }) => measureNetwork(say),
  tabs: ({ say }) => measureTabs(say),
  privacy: ({ say }) => measurePrivacy(say),
};

const made = () => ({
  date: new Date().toISOString().slice(0, 10),
  machine: `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? process.arch}, Node ${process.versions.node}`,
});

function save<N extends SectionName>(name: N, figures: Sections[N]): void {
  // Read only now: another run may have written meanwhile.
  const { sections }: Benchmarks = existsSync(JSON_FILE)
    ? JSON.parse(readFileSync(JSON_FILE, 'utf8'))
    : { sections: {} };
  const benchmarks: Benchmarks = { sections: { ...sections, [name]: { ...made(), figures } } };
  writeFileSync(JSON_FILE, `${JSON.stringify(benchmarks, null, 1)}\n`);
  const rendered = render(benchmarks);
  const { markdown, pictures } = rendered;
  writeFileSync(MARKDOWN, markdown);
  writeFileSync(README, withTable(readFileSync(README, 'utf8'), rendered));
  mkdirSync(PICTURES, { recursive: true });
  for (const [name, content] of Object.entries(pictures)) writeFileSync(join(PICTURES, name), content);
}

main(HELP, async () => {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, models: { type: 'string', default: '../shared/models' } },
  });
  const wanted = among('--only', values.only, sectionNames) ?? sectionNames;
  for (const name of wanted) {
    const began = performance.now();
    const figures = await MAKE[name]({ models: values.models, say: (line) => console.log(`[${name}] ${line}`) });
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    if (!figures) {
      console.log(`[${name}] keeps what it has`);
      continue;
    }
    save(name, figures);
    console.log(`[${name}] done in ${seconds} s; ${MARKDOWN} is up to date`);
  }
  const list = listBuiltIns(JSON.parse(readFileSync('docs/accuracy.json', 'utf8')));
  writeFileSync(LIST, `${JSON.stringify(list, null, 2)}\n`);
});
