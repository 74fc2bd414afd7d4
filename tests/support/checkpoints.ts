import type { CheckpointStore } from '../../src/session/data-owner/checkpoint';

/** Sealed checkpoints in memory. */
export function memoryCheckpoints(): CheckpointStore {
  const rows = new Map<string, Uint8Array>();
  return {
    read: async (name) => rows.get(name),
    write: async (name, sealed) => void rows.set(name, sealed.slice()),
    remove: async (name) => void rows.delete(name),
  };
}
