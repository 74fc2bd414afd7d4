import { defineConfig } from 'vitest/config';

/** Tests that open a browser or wait for a clock. One at a time and after the others, so that no busy core decides them. */
const BROWSERS = [
  'tests/e2e/**',
  'tests/app/**',
  'tests/net/browser.test.ts',
  'tests/compute/browser-kernels.test.ts',
  'tests/server/**',
];

const timeouts = { testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts'],
          exclude: BROWSERS,
          sequence: { groupOrder: 0 },
          ...timeouts,
        },
      },
      {
        test: {
          name: 'browsers',
          include: BROWSERS.map((pattern) => pattern.replace('**', '**/*.test.ts')),
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          ...timeouts,
        },
      },
    ],
  },
});
