/**
 * Threads that help a backend with its products: each an instance of the same kernels on the same memory, asleep in kernels/threads.ts until there
 * is something to do. They run nothing of JavaScript but one call, so their script is a text: bundlers and Node have nothing to resolve.
 *
 * They need a memory that threads can share: a page that is cross-origin isolated, or Node. And whoever computes with them waits for them, which a
 * page's main thread may not.
 */

const HELP = `({ module, memory, thread }) => new WebAssembly.Instance(module, { env: { memory } }).exports.help(thread)`;

/** More gain little: the memory is as fast as it is. */
const MOST_THREADS = 4;

interface Start {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** Which thread it is; 0 is the caller's. */
  thread: number;
}

/** A running helper. */
export interface Helper {
  /** Ends the thread. To be called when no product is under way. */
  stop(): void;
}

/** Node's own modules without an import, which no bundler for a page could follow. */
const nodeModules = (): NodeJS.Process['getBuiltinModule'] | undefined => globalThis.process?.getBuiltinModule;

/**
 * Firefox (153 was tried): a helper may stop in the middle of its part until the worker that started it is back in its event loop, where that one
 * waits for the helper, for ever. One worker in ten to five hung so, whether or not helpers were waited for before the first product.
 */
const helpersHang = (): boolean => /\bFirefox\//.test(globalThis.navigator?.userAgent ?? '');

/** How many threads a backend may have here, the caller's among them: 1 where no memory can be shared, nobody may wait, or waiting hangs. */
export function possibleThreads(): number {
  if (typeof SharedArrayBuffer === 'undefined' || globalThis.crossOriginIsolated === false) return 1;
  const node = nodeModules();
  if (node) return Math.min(MOST_THREADS, node('node:os').availableParallelism());
  if (typeof Worker === 'undefined' || typeof document !== 'undefined' || helpersHang()) return 1;
  return Math.min(MOST_THREADS, globalThis.navigator?.hardwareConcurrency ?? 1);
}

/** Starts a helper; it begins to take part when it is ready. */
export function startHelper(start: Start): Helper {
  const node = nodeModules();
  return node ? inNode(node('node:worker_threads'), start) : inBrowser(start);
}

function inNode({ Worker }: typeof import('node:worker_threads'), start: Start): Helper {
  const worker = new Worker(`(${HELP})(require('node:worker_threads').workerData)`, { eval: true, workerData: start });
  // Asleep, it is no reason for a process to stay.
  worker.unref();
  return { stop: () => void worker.terminate() };
}

function inBrowser(start: Start): Helper {
  const url = URL.createObjectURL(new Blob([`onmessage = ({ data }) => (${HELP})(data)`], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.postMessage(start);
  return {
    stop() {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
