/**
 * Dispatches by name, gathered into batches.
 *
 * A submission costs far more than a dispatch, so commands collect in one encoder until somebody wants to read or the batch is full.
 * The uniforms of a batch share one buffer, a slot each; it is written just before the commands are submitted, and the queue keeps that
 * order, so the same buffer serves the next batch.
 */
import type { Strides } from '../backend';
import type { PooledBuffer } from './buffer-pool';
import type { Kernel } from './kernels';

const BATCH = 64;
/** The alignment that every device grants for an offset into a uniform buffer; all uniforms here are smaller. */
const SLOT = 256;
const MOST_GROUPS = 65535;

export type Values = Record<string, number | number[] | Uint32Array | Strides>;

/** A pooled buffer and how many of its bytes mean something. */
export interface BufferSpan {
  pooled: PooledBuffer;
  bytes: number;
}

export class CommandQueue {
  readonly #device: GPUDevice;
  readonly #uniforms: GPUBuffer;
  readonly #staged = new Uint8Array(BATCH * SLOT);
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #dispatches = 0;
  #batch = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.#uniforms = device.createBuffer({ size: BATCH * SLOT, usage });
  }

  /** The number of the batch being gathered. */
  get batch(): number {
    return this.#batch;
  }

  #commands(): GPUCommandEncoder {
    this.#pass?.end();
    this.#pass = undefined;
    this.#encoder ??= this.#device.createCommandEncoder();
    return this.#encoder;
  }

  dispatch(kernel: Kernel, values: Values, buffers: Record<string, BufferSpan>, groups: number): void {
    if (groups === 0) return;
    const offset = this.#dispatches * SLOT;
    kernel.uniforms.set(values);
    this.#staged.set(new Uint8Array(kernel.uniforms.arrayBuffer), offset);
    const size = kernel.uniforms.arrayBuffer.byteLength;
    const entries: GPUBindGroupEntry[] = [
      { binding: kernel.uniformBinding, resource: { buffer: this.#uniforms, offset, size } },
    ];
    for (const [name, { pooled, bytes }] of Object.entries(buffers)) {
      pooled.batch = this.#batch;
      // A binding cannot be empty, and holds at least one element of its array: 16 bytes is the largest here.
      const resource = { buffer: pooled.buffer, size: Math.max(16, bytes) };
      entries.push({ binding: kernel.storages[name]!, resource });
    }
    this.#encoder ??= this.#device.createCommandEncoder();
    this.#pass ??= this.#encoder.beginComputePass();
    this.#pass.setPipeline(kernel.pipeline);
    this.#pass.setBindGroup(0, this.#device.createBindGroup({ layout: kernel.layout, entries }));
    const folds = Math.ceil(groups / MOST_GROUPS);
    this.#pass.dispatchWorkgroups(Math.ceil(groups / folds), folds);
    if (++this.#dispatches === BATCH) this.submit();
  }

  clear({ pooled, bytes }: BufferSpan): void {
    if (bytes === 0) return;
    pooled.batch = this.#batch;
    this.#commands().clearBuffer(pooled.buffer, 0, bytes);
  }

  copy({ pooled, bytes }: BufferSpan, destination: GPUBuffer): void {
    if (bytes === 0) return;
    pooled.batch = this.#batch;
    this.#commands().copyBufferToBuffer(pooled.buffer, 0, destination, 0, bytes);
  }

  submit(): void {
    if (!this.#encoder) return;
    const commands = this.#commands().finish();
    this.#device.queue.writeBuffer(this.#uniforms, 0, this.#staged, 0, this.#dispatches * SLOT);
    this.#device.queue.submit([commands]);
    this.#encoder = undefined;
    this.#dispatches = 0;
    this.#batch++;
  }
}
