/**
 * The kernels by name, compiled once per device.
 *
 * A kernel's text says everything about it: webgpu-utils reads from it where each uniform lies and which binding a buffer has, so the
 * callers give values and buffers by the names in the WGSL.
 */
import './float16-array';
import { makeShaderDataDefinitions, makeStructuredView, type StructuredView } from 'webgpu-utils';
import affine from '../../../shaders/affine.wgsl?raw';
import chacha20 from '../../../shaders/chacha20.wgsl?raw';
import elementwise from '../../../shaders/elementwise.wgsl?raw';
import extract from '../../../shaders/extract.wgsl?raw';
import gate from '../../../shaders/gate.wgsl?raw';
import matmul from '../../../shaders/matmul.wgsl?raw';
import pack from '../../../shaders/pack.wgsl?raw';
import ringMatmul from '../../../shaders/ring-matmul.wgsl?raw';
import ringMatmulDense from '../../../shaders/ring-matmul-dense.wgsl?raw';
import ringMatmulDigits from '../../../shaders/ring-matmul-digits.wgsl?raw';
import ringMatmulWide from '../../../shaders/ring-matmul-wide.wgsl?raw';
import slice from '../../../shaders/slice.wgsl?raw';
import sumRows from '../../../shaders/sum-rows.wgsl?raw';
import trigonometricTables from '../../../shaders/trigonometric-tables.wgsl?raw';
import unpack from '../../../shaders/unpack.wgsl?raw';
import wide from '../../../shaders/wide.wgsl?raw';

const sources = {
  affine,
  chacha20,
  elementwise,
  extract,
  gate,
  pack,
  ringMatmul: `${matmul}\n${ringMatmul}`,
  ringMatmulDense: `${matmul}\n${ringMatmulDense}`,
  ringMatmulWide: `${matmul}\n${ringMatmulWide}`,
  slice,
  sumRows,
  trigonometricTables,
  unpack,
};

export type KernelName = keyof typeof sources | 'ringMatmulDigits';
/** The kernel on digits is there where it compiles: not every browser knows dot products of bytes. */
export type Kernels = Record<keyof typeof sources, Kernel> & { ringMatmulDigits?: Kernel };

export interface Kernel {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
  /** The layout and the bytes of its uniforms; set, copied and forgotten for every dispatch. */
  uniforms: StructuredView;
  uniformBinding: number;
  /** Binding numbers of the storage buffers by name. */
  storages: Record<string, number>;
}

async function compile(device: GPUDevice, name: string, source: string): Promise<Kernel> {
  const code = `${wide}\n${source}`;
  const module = device.createShaderModule({ label: name, code });
  for (const { type, lineNum, message } of (await module.getCompilationInfo()).messages) {
    if (type === 'error') throw new Error(`the kernel ${name} does not compile: line ${lineNum}: ${message}`);
  }
  const pipeline = await device.createComputePipelineAsync({ label: name, layout: 'auto', compute: { module } });
  const definitions = makeShaderDataDefinitions(code);
  const u = definitions.uniforms.u!;
  const storages = Object.entries(definitions.storages).map(([storage, { binding }]) => [storage, binding] as const);
  return {
    pipeline,
    layout: pipeline.getBindGroupLayout(0),
    uniforms: makeStructuredView(u),
    uniformBinding: u.binding,
    storages: Object.fromEntries(storages),
  };
}

/**
 * `features`: of the browser's WGSL. Throws an Error that names the kernel and the line where one does not compile that every browser
 * should know.
 */
export async function compileKernels(device: GPUDevice, features: ReadonlySet<string>): Promise<Kernels> {
  const compiled = Object.entries(sources).map(async ([name, source]) => [name, await compile(device, name, source)]);
  const digits = features.has('packed_4x8_integer_dot_product')
    ? compile(device, 'ringMatmulDigits', `${matmul}\n${ringMatmulDigits}`).catch(() => undefined)
    : undefined;
  return { ...Object.fromEntries(await Promise.all(compiled)), ringMatmulDigits: await digits };
}
