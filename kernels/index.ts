/**
 * The kernels of the WebAssembly backend, in AssemblyScript (`npm run build:kernels`). They compute on raw pointers into linear memory and
 * allocate nothing; src/compute/wasm/ places vectors, checks calls and passes pointers.
 *
 * A plane is n words of linear memory. A vector of two-word elements is a low and a high plane; a pointer of 0 says that there is no high
 * plane: as an operand it reads as zero, as a result it is not wanted. Four words are computed at once, so that every plane is followed by
 * at least four words of slack, which kernels may read, and write, and leave as anything.
 */
export { add, affine, extract, multiply, subtract } from './elementwise';
export { pack, unpack } from './bits';
export { contract, contractScratch } from './contract';
export { gate, trigonometricTables } from './gate';
export { keystream } from './keystream';
export { slice, sumRows } from './rows';
export { cosines, fineCosines, lowFineCosines } from './cosine';

/** The first byte that is free for vectors. */
export function heapBase(): usize {
  return __heap_base;
}
