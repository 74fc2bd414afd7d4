/**
 * Compiles kernels/ to WebAssembly and writes it as a module that a page, a worker and Node import alike: the bytes in base 64.
 *
 *     node tools/build-kernels.mjs
 */
import { realpathSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUTPUT = join(ROOT, 'src/compute/wasm/kernels.generated.ts');
const OPTIONS = [
  '-O3',
  '--converge',
  '--noAssert',
  '--runtime',
  'stub',
  '--enable',
  'simd',
  '--outFile',
  'kernels.wasm',
];

/** The bytes of an AssemblyScript module; `entry` is a path from the repository's root. Throws with the compiler's complaints. */
export async function compileKernels(entry) {
  const stderr = asc.createMemoryStream();
  let binary;
  const writeFile = (name, contents) => {
    if (name.endsWith('.wasm')) binary = contents;
  };
  const { error } = await asc.main([entry, '--baseDir', ROOT, ...OPTIONS], { stderr, writeFile });
  if (error || !binary) throw new Error(`${entry} does not compile: ${error?.message}\n${stderr.toString()}`);
  return binary;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const binary = await compileKernels('kernels/index.ts');
  const base64 = Buffer.from(binary).toString('base64');
  const text = `/** kernels/ compiled by tools/build-kernels.mjs: ${binary.length} bytes in base 64. */\nexport const KERNELS = '${base64}';\n`;
  // Whoever reads meanwhile gets the old one, never half of the new one.
  writeFileSync(`${OUTPUT}.${process.pid}`, text);
  renameSync(`${OUTPUT}.${process.pid}`, OUTPUT);
}
