/** A product of matrices, a cosine and GELU under MPC: this project's three roles in memory, and jiff-mpc's on this machine. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Matrix as DenseMatrix, solve } from 'ml-matrix';
import { gelu, type Univariate } from '../../src/graph/functions';
import { Graph } from '../../src/graph/graph';
import type { NamedMatrix } from '../../src/graph/matrix';
import { Measured, withCalibration } from '../../src/models/calibrate';
import { calibrationOf } from '../../src/models/calibration';
import { planGraph } from '../../src/mpc/planner';
import { configOf } from '../built-ins';
import { harness, setUp } from '../three-roles';
import { type Jiff, spreadOf, type Way } from './figures';

const PACKAGE = 'jiff-mpc';
/** Numbers that are multiplied and added up for an element of a product. */
const DEPTH = 8;
const [ROWS, COLUMNS] = [512, 8];
const REPEATS = 2;
/** A minute each at most, on a slow machine; then the figures that are there are kept. */
const LONGEST_MS = 300_000;

interface Step {
  step: string;
  /** Made of x [ROWS · COLUMNS, 1], which a matrix reads, or of x [ROWS, DEPTH] and a matrix [DEPTH, COLUMNS]. */
  f?: { name: 'cosine' | 'gelu'; exact: Univariate; weight: number; to: number; linear: number };
}

const STEPS: readonly Step[] = [
  { step: `product of matrices, ${DEPTH} terms` },
  // A gate's cosine takes turns.
  {
    step: 'cosine on ±π/2',
    f: { name: 'cosine', exact: Math.cos, weight: 1 / (2 * Math.PI), to: Math.PI / 2, linear: 0 },
  },
  { step: 'GELU on ±2', f: { name: 'gelu', exact: gelu, weight: 1, to: 2, linear: 0.5 } },
];

/** Undefined where jiff cannot be installed or does not run. */
export async function measureJiff(say: (line: string) => void): Promise<Jiff | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'jiff-'));
  try {
    const options = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
    execFileSync('npm', ['install', '--prefix', folder, ...options, PACKAGE], { stdio: 'pipe', timeout: LONGEST_MS });
    const { version } = JSON.parse(readFileSync(join(folder, 'node_modules', PACKAGE, 'package.json'), 'utf8'));
    say(`${PACKAGE} ${version} is installed; three steps, a minute or two`);
    const here: Way[] = [];
    const took: number[][] = [];
    for (const step of STEPS) {
      const { seconds, ...way } = await ours(step);
      here.push({ ...way, seconds: spreadOf(seconds) });
      took.push(seconds);
    }
    const theirs = theirsOf(folder);
    const steps = STEPS.map(({ step }, i) => {
      const { seconds, ...way } = theirs[i]!;
      const ratios = seconds.map((s, run) => s / way.elements / (took[i]![run]! / here[i]!.elements));
      return { step, here: here[i]!, jiff: { ...way, seconds: spreadOf(seconds) }, ratio: spreadOf(ratios) };
    });
    return { version, steps };
  } catch (error) {
    say(`${PACKAGE} could not be measured: ${(error as Error).message.split('\n')[0]}`);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Timed = Omit<Way, 'seconds'> & { seconds: number[] };

/** Numbers between ±`to` that follow no line. */
const numbers = (n: number, to: number) => Float64Array.from({ length: n }, (_, i) => to * Math.sin(1.7 * i + 1));

const largestError = (found: ArrayLike<number>, exact: ArrayLike<number>) =>
  Array.from(found, (y, i) => Math.abs(y - exact[i]!)).reduce((a, b) => Math.max(a, b), 0);

async function ours({ f }: Step): Promise<Timed> {
  const elements = ROWS * COLUMNS;
  const net = new Graph();
  const [inputs, outputs] = f ? [1, 1] : [DEPTH, COLUMNS];
  const x = numbers(f ? elements : ROWS * DEPTH, f?.to ?? 1);
  const values = f ? Float64Array.of(f.weight) : numbers(DEPTH * COLUMNS, 1);
  const matrix: NamedMatrix = { name: 'matrix', inputs, outputs, values, bias: new Float64Array(outputs) };
  const multiplied = net.linear('matrix', net.input('x', [x.length / inputs, inputs]), [outputs]);
  net.reveal('result', f ? net.gate('gate', multiplied, [f.name], {}) : multiplied);
  const weights = new Map([['matrix', matrix]]);
  const measured = new Measured();
  measured.add(net, { inputs: { x }, weights, readout: new Float64Array() });
  const plan = planGraph(net, calibrationOf(await withCalibration(configOf('tiny'), [net], measured)));

  const exact = f
    ? x.map(f.exact)
    : Array.from({ length: elements }, (_, i) => dot(x, values, Math.floor(i / COLUMNS) * DEPTH, i % COLUMNS));
  const seconds: number[] = [];
  let bytes = 0;
  let error = 0;
  // The first run compiles.
  for (let run = -1; run < REPEATS; run++) {
    const h = await harness();
    const began = performance.now();
    await setUp(h, plan, weights);
    const [{ output }] = await Promise.all([
      h.dataOwner.run(plan, [{ inputs: { x }, masks: {} }]),
      h.modelOwner.run(plan),
      h.deal(plan),
    ]);
    if (run >= 0) seconds.push((performance.now() - began) / 1000);
    const { dataToModel, modelToData } = h.channels;
    bytes = dataToModel.sent.body.ring + modelToData.sent.body.ring + h.dealt();
    error = largestError(output!, exact);
  }
  return { elements, seconds, bytes, rounds: plan.rounds, largestError: error };
}

/** A row of x, from this place on, times a column of the matrix. */
const dot = (x: Float64Array, matrix: Float64Array, from: number, column: number) =>
  Array.from({ length: DEPTH }, (_, k) => x[from + k]! * matrix[k * COLUMNS + column]!).reduce((a, b) => a + b);

/** One element of each step: it takes seconds. */
function theirsOf(folder: string): Timed[] {
  const steps = STEPS.map(({ f }) => {
    const repeats = REPEATS;
    if (!f)
      return {
        products: DEPTH,
        elements: 1,
        repeats,
        values: [numbers(DEPTH, 1), numbers(2 * DEPTH, 1).slice(DEPTH)].map(inDigits),
      };
    return { polynomial: [...evenFit(f), f.linear], elements: 1, repeats, values: [[0.6 * f.to], [0]].map(inDigits) };
  });
  const out = execFileSync(process.execPath, [join(import.meta.dirname, 'jiff.mjs'), folder], {
    input: JSON.stringify(steps),
    encoding: 'utf8',
    timeout: 2 * LONGEST_MS,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return out
    .trim()
    .split('\n')
    .map((line, i): Timed => {
      const { results, ...timed } = JSON.parse(line) as Pick<Timed, 'seconds' | 'bytes' | 'rounds'> & {
        results: number[];
      };
      const { f } = STEPS[i]!;
      const [left, right] = steps[i]!.values as [number[], number[]];
      const exact = f ? f.exact(left[0]!) : left.reduce((sum, x, k) => sum + x * right[k]!, 0);
      return { elements: 1, ...timed, largestError: largestError(results, [exact]) };
    });
}

/** With no more digits than jiff's fixed point has: others it refuses. */
const inDigits = (values: ArrayLike<number>) => Array.from(values, (x) => Number(x.toFixed(4)));

/** Least squares: f(x) − linear·x as c₀ + c₁·x² + c₂·x⁴. */
function evenFit({ exact, to, linear }: NonNullable<Step['f']>): number[] {
  const xs = Array.from({ length: 201 }, (_, i) => (to * i) / 200);
  const powers = new DenseMatrix(xs.map((x) => [1, x ** 2, x ** 4]));
  return inDigits(solve(powers, DenseMatrix.columnVector(xs.map((x) => exact(x) - linear * x))).to1DArray());
}
