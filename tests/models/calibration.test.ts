/** What calibration of exact attention decides, and that nothing of it changes what a model computes. */
import { describe, expect, it } from 'vitest';
import { evaluateTrigonometric } from '../../src/graph/fourier';
import { loopProduct } from '../../src/graph/product';
import { runReference } from '../../src/graph/reference';
import { architectureOf } from '../../src/models/architectures';
import { headOrder, headShifts } from '../../src/models/attention/softmax';
import { isAstray } from '../../src/models/bounds';
import { memoryBytes } from '../../src/models/byte-source';
import { calibrateModel } from '../../src/models/calibrate-model';
import { readCalibration, writeCalibration } from '../../src/models/calibration-file';
import { configSchema, type ModelConfig } from '../../src/models/config';
import { channelOrder } from '../../src/models/feed-forward';
import { inGroups } from '../../src/models/grouping';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { planModel } from '../../src/models/plan-model';
import { RowSums } from '../../src/models/row-sums';
import { memorySource, type NamedTensors } from '../../src/models/tensors';
import {
  DECODER,
  generator,
  graphOf,
  randomBatch,
  randomModel,
  referenceInputs,
  SOFTMAX,
  type TestModel,
  uncalibratedModel,
} from '../support/random-model';

const EXACT: Partial<ModelConfig> = {
  ...SOFTMAX,
  hidden_size: 12,
  num_attention_heads: 3,
  intermediate_size: 7,
};

describe('groups', () => {
  it('are the cheapest of all cuts of the sorted ranges', () => {
    const random = generator(4);
    for (let round = 0; round < 60; round++) {
      const n = 1 + Math.floor(7 * random());
      const ranges = Array.from({ length: n }, () => Math.floor(10 * random()) + random());
      const [groupCost, most] = [6 * random(), 1 + Math.floor(4 * random())];
      const { order, counts } = inGroups(ranges, groupCost, most);
      expect(order.toSorted((a, b) => a - b)).toEqual(ranges.map((_, i) => i));
      expect(counts.reduce((a, b) => a + b, 0)).toBe(n);
      expect(counts.length).toBeLessThanOrEqual(most);
      const sorted = ranges.toSorted((a, b) => a - b);
      const costOf = (cut: readonly number[]) => {
        let at = 0;
        return cut.reduce((sum, count) => {
          at += count;
          return sum + count * sorted[at - 1]! + groupCost;
        }, 0);
      };
      const cheapest = Math.min(...cuts(n, most).map(costOf));
      expect(costOf(counts)).toBeCloseTo(cheapest, 9);
    }
  });

  /** All ways to cut n things into 1 to `most` runs. */
  function cuts(n: number, most: number): number[][] {
    if (n === 0) return [[]];
    if (most === 0) return [];
    return Array.from({ length: n }, (_, i) => i + 1).flatMap((first) =>
      cuts(n - first, most - 1).map((rest) => [first, ...rest]),
    );
  }
});

describe('the size of hidden states that prompts are measured by', () => {
  it('is a decoder’s own, in front of every layer, of its least token between the first and the last', async () => {
    const overrides = { ...DECODER, num_hidden_layers: 3 };
    const model = await randomModel(5, overrides);
    const { config } = model;
    const { hiddenSpread } = architectureOf(config);
    const shape = { sequences: 64, tokens: 12, answer: 11, columns: 1 };
    const batch = randomBatch(model, shape, 3);
    const least = new Map<string, number>();
    runReference(graphOf(config, shape), {
      ...referenceInputs(model, batch, [7]),
      observe({ name }, values) {
        if (!/^layer\.[01]\.sum$/.test(name)) return;
        const d = config.hidden_size;
        const rows = [...batch.masks.inner.keys()].filter((row) => batch.masks.inner[row]);
        least.set(name, Math.min(...rows.map((row) => Math.hypot(...values.subarray(row * d, (row + 1) * d)))));
      },
    });
    for (const layer of [1, 2]) {
      const seen = least.get(`layer.${layer - 1}.sum`)! / Math.sqrt(config.hidden_size);
      expect(seen / hiddenSpread(config, layer)).toBeGreaterThan(0.8);
      expect(seen / hiddenSpread(config, layer)).toBeLessThan(1.25);
    }
    const uncalibrated = await uncalibratedModel(5, overrides);
    expect(() => hiddenSpread(uncalibrated.config, 1)).toThrow(/no range of layer\.1\..*: calibrate the model/);
  });

  it('is one where a norm wrote them', async () => {
    const { config } = await uncalibratedModel(5, SOFTMAX);
    expect(architectureOf(config).hiddenSpread(config, 1)).toBe(1);
  });
});

describe('the fit of rows’ sums', () => {
  it('foretells sums that are affine in the hidden state, at every number of halvings, and says what it leaves of others', () => {
    const [heads, width, n, sequences] = [2, 5, 6, 40];
    const random = generator(9);
    const g = Array.from({ length: width }, () => 2 * random() - 1);
    const sums = new RowSums(heads, false, loopProduct);
    for (let s = 0; s < sequences; s++) {
      const x = Float64Array.from({ length: n * width }, () => 4 * random() - 2);
      const scores = new Float64Array(n * heads * n);
      for (let i = 0; i < n; i++) {
        const foretold = g.reduce((sum, v, k) => sum + v * x[i * width + k]!, 3);
        for (let j = 0; j < n; j++) {
          scores[(0 * n + i) * n + j] = foretold;
          scores[(1 * n + i) * n + j] = foretold + 6 * random();
        }
      }
      sums.add(x, scores, [1, n]);
    }
    const [affine, other] = sums.fit();
    for (const { halvings, mean, near, shift, left, least } of affine!) {
      // ln(Σ_j e^(s/2^t)) = s/2^t + ln n; the ridge takes a little.
      const more = mean ? 0 : Math.log(n);
      // Scores nearby say it as well here.
      if (!near) {
        expect(shift[0]).toBeCloseTo(3 / 2 ** halvings + more, 1);
        for (const [k, v] of g.entries()) expect(shift[k + 1]).toBeCloseTo(v / 2 ** halvings, 1);
      }
      expect(left[1] - left[0]).toBeLessThan(0.05);
      expect(least).toBeCloseTo(-Math.log(n), 1);
    }
    const spread = (t: number) => {
      const { left } = other!.find(({ halvings, mean }) => halvings === t && mean)!;
      return left[1] - left[0];
    };
    expect(spread(0)).toBeGreaterThan(0.5);
    expect(spread(2)).toBeLessThan(spread(0));
  });

  it('looks only at rows that will attend, of sequences that were not fitted', () => {
    const [width, n, answer] = [3, 4, 2];
    const left = [undefined, answer].map((only) => {
      const random = generator(4);
      const sums = new RowSums(1, false, loopProduct);
      for (let s = 0; s < 80; s++) {
        const x = Float64Array.from({ length: n * width }, () => 2 * random() - 1);
        const scores = Float64Array.from({ length: n * n }, (_, at) => {
          const i = Math.floor(at / n);
          return x[i * width]! + (i === answer ? 0 : 6 * random());
        });
        sums.add(x, scores, [1, n], { answer: only });
      }
      const fit = sums.fit()[0]!.find(({ halvings, mean }) => halvings === 0 && mean)!;
      return fit.left[1] - fit.left[0];
    });
    expect(left[0]).toBeGreaterThan(3);
    // The other rows bend the fit a little.
    expect(left[1]).toBeLessThan(1);
  });

  it('foretells rows of texts that say one thing over and over, which do not decide how far rows spread', () => {
    const random = generator(6);
    const sums = new RowSums(1, false, loopProduct);
    const n = 8;
    // Sums of repeating sequences are e^5 times as large, as one coordinate says; but for one row, which nothing does.
    for (let s = 0; s < 100; s++) {
      const isRepeating = s % 5 === 0;
      const x = Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? 2 * random() - 1 : Number(isRepeating)));
      const more = (i: number) => (isRepeating ? 5 : 0) + (s === 0 && i === 0 ? 3 : 0);
      const scores = Float64Array.from({ length: n * n }, (_, at) => {
        const i = Math.floor(at / n);
        return x[2 * i]! + more(i);
      });
      sums.add(x, scores, [1, n], { isRepeating });
    }
    const { left, most, mostRepeating } = sums.fit()[0]![0]!;
    expect(left[1] - left[0]).toBeLessThan(0.2);
    expect(most).toBeLessThan(0.2);
    expect(mostRepeating).toBeGreaterThan(2.5);
    expect(mostRepeating).toBeLessThan(3.5);
  });

  it('takes eighths of scores nearby where a head looks beside a token, or at itself', () => {
    const random = generator(8);
    const n = 12;
    // Three heads: one looks behind itself, one half as often at itself, one nowhere in particular.
    const sums = new RowSums(3, false, loopProduct);
    for (let s = 0; s < 40; s++) {
      const scores = new Float64Array(3 * n * n);
      for (let i = 0; i < n; i++) {
        if (i > 0) scores[(0 * n + i) * n + i - 1] = 10 + 20 * random();
        scores[(1 * n + i) * n + i] = 24 * random() - 8;
        for (let j = 0; j < n; j++) scores[(2 * n + i) * n + j] = random();
      }
      sums.add(
        Float64Array.from({ length: n }, () => 2 * random() - 1),
        scores,
        [1, n],
      );
    }
    const spreadOf = ({ left }: { left: [number, number] }) => left[1] - left[0];
    const fits = sums.fit().map((kinds) => kinds.filter(({ halvings, mean }) => halvings === 0 && mean));
    for (const [plain] of fits) expect(plain!.eighths).toEqual([0, 0, 0]);
    const [behind, own, nowhere] = fits.map(([, near]) => near!);
    // Nearly all of it.
    expect(behind!.eighths).toEqual([7, 0, 0]);
    expect(own!.eighths[0]).toBe(0);
    expect(own!.eighths[1]).toBeGreaterThan(2);
    expect(own!.eighths[1]).toBeLessThan(8);
    expect(nowhere!.eighths).toEqual([1, 1, 1]);
    for (const [head, most] of [
      [0, 0.2],
      [1, 0.6],
    ] as const)
      expect(spreadOf(fits[head]![1]!)).toBeLessThan(most * spreadOf(fits[head]![0]!));
    // What is taken off is in how low its exponentials reach.
    expect(behind!.least).toBeLessThan(-20);
    const halved = sums.fit()[0]!.find(({ halvings, near }) => halvings === 1 && near)!;
    expect(halved.eighths).toEqual([7, 0, 0]);
  });

  it('foretells means of rows of any length where they are what is alike', () => {
    const sums = new RowSums(1, false, loopProduct);
    for (let n = 2; n < 40; n++) {
      const x = Float64Array.from({ length: n }, (_, i) => Math.sin(n * i));
      sums.add(
        x,
        Float64Array.from({ length: n * n }, (_, at) => x[Math.floor(at / n)]!),
        [1, n],
      );
    }
    const spreads = sums.fit()[0]!.map(({ mean, left }) => [mean, left[1] - left[0]] as const);
    for (const [mean, spread] of spreads) {
      if (mean) expect(spread).toBeLessThan(0.05);
      else expect(spread).toBeGreaterThan(1);
    }
    expect(spreads.some(([mean]) => !mean)).toBe(true);
  });
});

/** Groups, shifts and orders at random: none of them may matter. */
function withGroups(model: TestModel, random: () => number): { config: ModelConfig; tensors: NamedTensors } {
  const { config } = model;
  const tensors = new Map(model.tensors);
  const put = (name: string, shape: number[], data: number[]) =>
    tensors.set(name, { shape, data: Float32Array.from(data) });
  const shuffled = (n: number) =>
    Array.from({ length: n }, (_, i) => [random(), i] as const)
      .sort(([a], [b]) => a - b)
      .map(([, i]) => i);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    put(headOrder(layer), [3], shuffled(3));
    put(
      headShifts(layer),
      [3, 13],
      Array.from({ length: 39 }, () => random() - 0.5),
    );
    put(channelOrder(layer), [7], shuffled(7));
  }
  const groups = [
    {
      heads: [
        {
          count: 2,
          halvings: 0,
          mean: false,
          near: [
            [8, -3, 1],
            [0, 5, 0],
          ],
        },
        { count: 1, halvings: 2, mean: true },
      ],
      channels: [4, 2, 1],
    },
    {
      heads: [
        { count: 1, halvings: 1, mean: true, near: [[0, 4, 16]] },
        { count: 1, halvings: 0, mean: true },
        { count: 1, halvings: 3, mean: false },
      ],
      channels: [7],
    },
  ];
  return { config: configSchema.parse({ ...config, groups }), tensors };
}

describe('shifts, halvings, orders and groups', () => {
  it.each(['masked-lm', 'embedding'] as const)('change nothing of what a model computes: %s', async (task) => {
    const plain = await uncalibratedModel(21, { ...EXACT, task });
    const { config, tensors } = withGroups(plain, generator(22));
    const { weights, embedding } = await PlaintextModel.load(config, memorySource(tensors));
    const shape = { sequences: 3, tokens: 9, answer: 2, columns: 2 };
    const batch = randomBatch(plain, shape, 23);
    const pooling = Float64Array.from(batch.masks.kept, (keep) => keep / 7);
    const valuesOf = (model: Pick<TestModel, 'config' | 'weights'>) => {
      const given = referenceInputs({ ...plain, ...model, embedding }, batch, [7, 11]);
      return runReference(graphOf(model.config, shape), { ...given, inputs: { ...given.inputs, pooling } });
    };
    const expected = valuesOf(plain);
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.1);
    for (const [i, y] of valuesOf({ config, weights }).entries()) expect(y).toBeCloseTo(expected[i]!, 9);
  });

  it('are refused where they do not cover a layer', async () => {
    const { config } = withGroups(await uncalibratedModel(21, EXACT), generator(22));
    const [first, second] = config.groups!;
    expect(() => configSchema.parse({ ...config, groups: [first, { ...second!, channels: [6] }] })).toThrow(
      'its heads and channels are not those of a layer',
    );
    expect(() => configSchema.parse({ ...config, groups: [first] })).toThrow('one for each layer');
    const heads = first!.heads.with(0, { ...first!.heads[0]!, near: [[0, 0, 0]] });
    expect(() => configSchema.parse({ ...config, groups: [{ ...first!, heads }, second] })).toThrow(
      'has eighths of another number of heads',
    );
  });
});

describe('calibration', () => {
  it('takes fewer halvings than it has where rows are foretold well, says how far it is, and can be stopped', async () => {
    const model = await uncalibratedModel(3, EXACT);
    const texts = (length: number, seed: number) => {
      const random = generator(seed);
      return Array.from({ length: 4 }, () => {
        const ids = Int32Array.from({ length }, () => 5 + Math.floor(45 * random()));
        return { ids, length, textTokens: length, textUsed: length, truncated: false };
      });
    };
    const batches = Array.from({ length: 20 }, (_, i) => ({ texts: texts(4 + (i % 9), i), answer: 2 }));
    const seen: number[] = [];
    const source = memorySource(model.tensors);
    const { config, tensors } = await calibrateModel(model.config, source, batches, {
      onProgress: (fraction) => {
        seen.push(fraction);
      },
    });
    // Two readings of twenty batches, then the gates.
    expect(seen.length).toBeGreaterThan(40 + Object.keys(config.gates!).length);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen[0]).toBeGreaterThan(0);
    expect(seen.at(-1)).toBe(1);
    expect([...tensors.keys()].sort()).toEqual(
      [0, 1].flatMap((layer) => [channelOrder(layer), headOrder(layer), headShifts(layer)]).sort(),
    );
    for (const { heads } of config.groups!) for (const { halvings } of heads) expect(halvings).toBeLessThan(2);
    planModel(config, { sequences: 1, tokens: 6, answer: 2, columns: 2 });

    // In the readings, and among the gates.
    for (const share of [0.1, 0.9]) {
      const stop = new AbortController();
      const heard: number[] = [];
      const stopped = calibrateModel(model.config, source, batches, {
        signal: stop.signal,
        onProgress: (fraction) => {
          heard.push(fraction);
          if (fraction > share) stop.abort();
        },
      });
      await expect(stopped).rejects.toThrow('abort');
      expect(heard.filter((fraction) => fraction > share)).toHaveLength(1);
    }
  });
});

describe('the gates of a calibration', () => {
  it('are held down over the whole period where an argument strays', async () => {
    const { config } = await randomModel(8, EXACT);
    const held = /denominator\.inverse|foretold.*\.(?:whole|half)$|deviation/;
    const gates = Object.entries(config.gates!).filter(([name, { cos }]) => held.test(name) && cos.length > 0);
    expect(gates.length).toBeGreaterThan(4);
    for (const [name, gate] of gates) {
      const values = Array.from({ length: 4000 }, (_, i) => evaluateTrigonometric(gate, (i * gate.period) / 4000));
      const sorted = values.map(Math.abs).sort((a, b) => a - b);
      // What half of a period does not exceed is what there is to be: who runs away is hundreds of times as large.
      expect(sorted.at(-1)! / sorted[2000]!, name).toBeLessThan(100);
    }
  });
});

it('a language model’s states have bounds too, which those of its texts are within', async () => {
  const { config, tensors } = await randomModel(8, EXACT);
  const model = await PlaintextModel.load(config, memorySource(tensors));
  const random = generator(2);
  const texts = Array.from({ length: 8 }, () => {
    const ids = Int32Array.from({ length: 12 }, () => 5 + Math.floor(45 * random()));
    return { ids, length: 12, textTokens: 12, textUsed: 12, truncated: false };
  });
  for (const state of model.states(texts, [], 3)) {
    expect(isAstray(config, 'state', state)).toBe(false);
    expect(
      isAstray(
        config,
        'state',
        state.map((x) => 4 * x),
      ),
    ).toBe(true);
  }
});

describe('a calibration’s files', () => {
  it('are read again with the weights that they are of, and with no others', async () => {
    const { config, tensors } = await randomModel(5, EXACT);
    const own = new Set([0, 1].flatMap((layer) => [channelOrder(layer), headOrder(layer), headShifts(layer)]));
    const split = (mine: boolean) => new Map([...tensors].filter(([name]) => own.has(name) === mine));
    const stored = memorySource(split(false));
    const files = await writeCalibration(config, split(true), stored);
    const bytes = memoryBytes(files.tensors!);
    const read = await readCalibration({ json: files.json, tensors: bytes }, stored);
    expect(read.fields).toEqual({ ranges: config.ranges, gates: config.gates, groups: config.groups });
    for (const [name, { data }] of split(true)) expect(await read.tensors!.read(name)).toEqual(data);

    await expect(readCalibration({ json: files.json }, stored)).rejects.toThrow(
      'calibration.json goes with calibration.safetensors, which is missing',
    );
    const other = split(false);
    const [name, bias] = [...other].find(([, { shape }]) => shape.length === 1)!;
    other.set(name, { ...bias, data: bias.data.map((x, i) => (i === 0 ? x + 1 : x)) });
    await expect(readCalibration({ json: files.json, tensors: bytes }, memorySource(other))).rejects.toThrow(
      'calibration.json is of other weights',
    );
    const changed = (change: object) => JSON.stringify({ ...JSON.parse(files.json), ...change });
    await expect(readCalibration({ json: changed({ version: 1 }), tensors: bytes }, stored)).rejects.toThrow(
      'calibration.json: version: it is of another version',
    );
    const before = await readCalibration({ json: changed({ version: 5 }), tensors: bytes }, stored);
    expect(before.fields).toEqual((await readCalibration({ json: files.json, tensors: bytes }, stored)).fields);
    await expect(readCalibration({ json: changed({ ranges: { x: [1] } }), tensors: bytes }, stored)).rejects.toThrow(
      'calibration.json: ranges.x',
    );
    await expect(readCalibration({ json: '{', tensors: bytes }, stored)).rejects.toThrow(
      'calibration.json is not JSON',
    );
  });
});
