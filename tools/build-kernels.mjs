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

/** A memory that is imported, shared and 4 GiB at most, in pages; whoever gives it gives it zeroed. */
const SHARED = [
  '--enable',
  'threads',
  '--importMemory',
  '--sharedMemory',
  '--zeroFilledMemory',
  '--maximumMemory',
  '65536',
];

/** The bytes of an AssemblyScript module; `entry` is a path from the repository's root, `options` more of the compiler's. Throws with the compiler's complaints. */
export async function compileKernels(entry, options = []) {
  const stderr = asc.createMemoryStream();
  let binary;
  const writeFile = (name, contents) => {
    if (name.endsWith('.wasm')) binary = contents;
  };
  const { error } = await asc.main([entry, '--baseDir', ROOT, ...OPTIONS, ...options], { stderr, writeFile });
  if (error || !binary) throw new Error(`${entry} does not compile: ${error?.message}\n${stderr.toString()}`);
  return binary;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const modules = {
    KERNELS: await compileKernels('kernels/index.ts'),
    FLOAT_PRODUCT: await compileKernels('kernels/product.ts'),
    SHARED_KERNELS: await compileKernels('kernels/threads.ts', SHARED),
  };
  const constants = Object.entries(modules).map(
    ([name, binary]) =>
      `/** ${binary.length} bytes in base 64. */\nexport const ${name} = '${Buffer.from(binary).toString('base64')}';\n`,
  );
  const text = `/** kernels/ compiled by tools/build-kernels.mjs: with a memory of their own, and for one that threads share. */\n${constants.join('')}`;
  // Whoever reads meanwhile gets the old one, never half of the new one.
  writeFileSync(`${OUTPUT}.${process.pid}`, text);
  renameSync(`${OUTPUT}.${process.pid}`, OUTPUT);
}
