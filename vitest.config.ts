import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests of browsers and servers, which wait for clocks and for each other part of their time. After the others, which keep a core busy each. */
const BROWSERS = [
  'tests/app/bring-model.test.ts',
  'tests/app/calibrate.test.ts',
  'tests/app/{accessibility,pages}.test.ts',
  'tests/compute/browser-kernels.test.ts',
  'tests/e2e/*.test.ts',
  'tests/net/{browser,keepalive}.test.ts',
  'tests/server/*.test.ts',
];

/** Tests of several seconds: whole models, statistics, every fault in a session of its own, a graphics driver, jax-js. */
const SLOW = [
  'tests/attacks/model-owner.test.ts',
  'tests/compute/webgpu-backend.test.ts',
  'tests/evaluate/**/*.test.ts',
  'tests/models/calibration.test.ts',
  'tests/models/checkpoints.test.ts',
  'tests/models/long-texts.test.ts',
  'tests/mpc/built-in.test.ts',
  'tests/mpc/checkpoints.test.ts',
  'tests/mpc/cost.test.ts',
  'tests/mpc/gate.test.ts',
  'tests/mpc/ownership.test.ts',
  'tests/mpc/privacy.test.ts',
  'tests/pretrain/**/*.test.ts',
  'tests/mpc/memory.test.ts',
  'tests/session/ahead.test.ts',
  'tests/session/bad-frames.test.ts',
  'tests/session/device-lost.test.ts',
  'tests/session/head.test.ts',
  'tests/session/privacy.test.ts',
  'tests/session/session.test.ts',
  'tests/tuning/cma-es.test.ts',
];

const LANES = ['unit', 'slow', 'browsers'];

/** Files that take longest in their lane: they come first in it, so that no core waits for one of them in the end. */
const LONGEST = [
  ...['interruptions', 'demo', 'two-tabs', 'turn', 'invitation', 'browser', 'main-thread', 'accessibility', 'pages'],
  ...['limits', 'checkpoints', 'ahead', 'device-lost', 'webgpu-backend', 'model-owner', 'bad-frames'],
];

/** Takes minutes, much of them waiting: beside the slow lane. */
const FIRST = 'faults';

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const is = ({ moduleId }: TestSpecification, name: string) => moduleId.endsWith(`/${name}.test.ts`);
    const rank = (file: TestSpecification) => {
      const at = LONGEST.findIndex((name) => is(file, name));
      return at < 0 ? LONGEST.length : at;
    };
    const lane = (file: TestSpecification) => (is(file, FIRST) ? -1 : LANES.indexOf(file.project.name));
    return (await super.sort(files)).toSorted((a, b) => lane(a) - lane(b) || rank(a) - rank(b));
  }
}

const shared = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // Files share modules, which takes less time: they leave nothing behind but what was loaded.
  isolate: false,
};

const alone = { ...shared, maxWorkers: availableParallelism(), sequence: { groupOrder: 0 } };

/** In one queue, for one file more than there are cores: those of browsers wait part of their time. */
const together = { ...shared, maxWorkers: availableParallelism() + 1, sequence: { groupOrder: 1 } };

/** `npm run test:unit` is the first lane, in well under a minute; `npm test` all three. */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: 'unit', include: ['tests/**/*.test.ts'], exclude: [...SLOW, ...BROWSERS], ...alone } },
      { test: { name: 'slow', include: SLOW, ...together } },
      { test: { name: 'browsers', include: BROWSERS, ...together } },
    ],
  },
});
