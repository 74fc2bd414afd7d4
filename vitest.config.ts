import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests of browsers and servers, which wait for clocks and for each other most of their time. After the others, which keep a core busy each. */
const BROWSERS = [
  'tests/app/bring-model.test.ts',
  'tests/app/calibrate.test.ts',
  'tests/app/{accessibility,pages}.test.ts',
  'tests/compute/browser-kernels.test.ts',
  'tests/e2e/*.test.ts',
  'tests/net/{browser,keepalive}.test.ts',
  'tests/server/*.test.ts',
];

/** Of the browsers', those that take longest: they come first, so that no core waits for one of them in the end. */
const LONGEST = ['faults', 'interruptions', 'two-tabs', 'main-thread', 'limits', 'invitation', 'accessibility', 'demo'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).toSorted(
      (a, b) => a.project.config.sequence.groupOrder - b.project.config.sequence.groupOrder || rank(a) - rank(b),
    );
  }
}

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

const shared = { testTimeout: 120_000, hookTimeout: 120_000 };

/** `npm run test:unit` is the first lane, in well under a minute; `npm test` all three. */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts'],
          exclude: [...SLOW, ...BROWSERS],
          // Files share modules, which takes a third less time: they leave nothing behind but what was loaded.
          isolate: false,
          // Vitest would leave a core idle, which is half of two.
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
          ...shared,
        },
      },
      { test: { name: 'slow', include: SLOW, maxWorkers: '100%', sequence: { groupOrder: 0 }, ...shared } },
      { test: { name: 'browsers', include: BROWSERS, maxWorkers: 3, sequence: { groupOrder: 1 }, ...shared } },
    ],
  },
});
