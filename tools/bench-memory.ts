/**
 * How much memory a model owner takes: its peak, in sizes of the file, with a synthetic model of 12 layers of width 768 in F32 from
 * when it opens the file to the end of a session's set-up. Resident memory of a process as the operating system counts it,
 * Node and the program included.
 *
 *   npm run bench:memory
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { writeModel } from './bench-memory/synthetic';
import { formatBytes, main } from './command-line';

/** Peak by size of the file that is still good. */
const LIMIT = 1.2;

await main(
  'Measure the peak memory of a model owner with a synthetic model of 12 × 768. Exit code 1 above the limit.',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bench-memory-'));
    try {
      const program = await bundle(folder);
      const bytes = await writeModel(folder);
      const nothing = peakOf(program);
      const peak = peakOf(program, folder);
      const ratio = peak / bytes;
      console.log(`model.safetensors: ${formatBytes(bytes)}`);
      console.log(`the program before it opens it: ${formatBytes(nothing)}`);
      console.log(`at its peak: ${formatBytes(peak)}, ${ratio.toFixed(2)} × the file (limit ${LIMIT})`);
      if (ratio > LIMIT) throw new Error(`more than ${LIMIT} × the file`);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

/** As one plain JavaScript file: a compiler in the process would be measured too. */
async function bundle(folder: string): Promise<string> {
  const entry = fileURLToPath(new URL('bench-memory/owner.ts', import.meta.url));
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: entry,
      outDir: folder,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: 'owner.mjs' } },
    },
  });
  return join(folder, 'owner.mjs');
}

/** Bytes that a program's process takes at most. */
function peakOf(program: string, ...args: string[]): number {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}
