/** Loads a worker written in TypeScript. A worker does not inherit its parent's loader on every version of Node. */
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
await import(workerData.module);
