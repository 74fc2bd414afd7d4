/** Sealed checkpoints in this browser's own database (IndexedDB). Those that nobody came back for go after a month. */
import type { CheckpointStore } from './data-owner/checkpoint';
import { KEPT_MS } from './limits';

const DATABASE = 'secfwt';
const CHECKPOINTS = 'checkpoints';

interface Row {
  sealed: Uint8Array;
  /** Milliseconds since 1970. */
  written: number;
}

/** All of it rejects where the browser keeps nothing, as in some private windows, or has no room left. */
export function browserCheckpoints(): CheckpointStore {
  let opened: Promise<IDBDatabase> | undefined;
  const within = async <T>(mode: IDBTransactionMode, work: (rows: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    opened ??= openDatabase();
    const transaction = (await opened).transaction(CHECKPOINTS, mode);
    const request = work(transaction.objectStore(CHECKPOINTS));
    return new Promise((resolve, reject) => {
      // Not before it is on the disk: what is told to be kept is kept.
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error('the browser gave up storing'));
    });
  };
  return {
    read: async (name) => ((await within('readonly', (rows) => rows.get(name))) as Row | undefined)?.sealed,
    async write(name, sealed) {
      await within('readwrite', (rows) => rows.put({ sealed, written: Date.now() } satisfies Row, name));
    },
    async remove(name) {
      await within('readwrite', (rows) => rows.delete(name));
    },
  };
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(CHECKPOINTS);
    request.onerror = () => reject(request.error ?? new Error('the browser keeps nothing'));
    request.onsuccess = () => {
      // A page of another version that opens the database would wait for ever for this one to let go.
      request.result.onversionchange = () => request.result.close();
      removeOld(request.result);
      resolve(request.result);
    };
  });
}

function removeOld(database: IDBDatabase): void {
  const rows = database.transaction(CHECKPOINTS, 'readwrite').objectStore(CHECKPOINTS);
  const cursor = rows.openCursor();
  cursor.onsuccess = () => {
    const at = cursor.result;
    if (!at) return;
    if (Date.now() - (at.value as Row).written > KEPT_MS) at.delete();
    at.continue();
  };
}
