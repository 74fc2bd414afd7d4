/**
 * A model's files from the Hugging Face hub: those that `findModel` reads, kept in a store, taken up again where a download broke off.
 *
 * Every file of one revision is asked for by the commit that the first answer names, so that an upload in between can't mix two models.
 * What the hub says of a large file (its size and SHA-256, in the headers x-linked-size and x-linked-etag, or in the Git LFS pointer
 * under /raw/, which a browser sees too where the headers stay behind a redirect) is checked before the file counts as there.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { type ByteSource, memoryBytes, textOf } from './byte-source';
import {
  CONFIG,
  INDEX,
  MODULES,
  type NamedFile,
  POOLING,
  parseIndex,
  parseModules,
  TOKENIZER,
  WEIGHTS,
} from './folder';

/** A file that grows, and stays when the page or the program ends. */
export interface StoredFile {
  /** Bytes that are there. */
  readonly size: number;
  /** Whether these are all, and were checked. */
  readonly complete: boolean;
  /** Writes them behind what is there. */
  append(bytes: Uint8Array): Promise<void>;
  /** What is there, to be read, under the file's name. Nothing is appended afterwards. */
  read(): Promise<ByteSource>;
  /** Says that it is complete. */
  finish(): Promise<void>;
  /** Forgets what is there. */
  clear(): Promise<void>;
  /** Keeps what is there for another time. To be called in the end, whatever happened. */
  close(): Promise<void>;
}

export interface FileStore {
  /** `path` has slashes. A file that does not exist yet is empty. */
  file(path: string): Promise<StoredFile>;
}

export interface HubProgress {
  file: string;
  /** In bytes; `total` is 0 while it is not known. */
  done: number;
  total: number;
}

export interface HubOptions {
  store: FileStore;
  /** A branch, a tag or a commit. */
  revision?: string;
  onProgress?(progress: HubProgress): void;
  signal?: AbortSignal;
  fetch?: typeof fetch;
  host?: string;
}

/** What went wrong on the way; what is wrong with the files themselves is `findModel`'s to say. */
export class HubError extends Error {
  override readonly name = 'HubError';
}

/** In a row, without a byte between them. */
const ATTEMPTS = 3;
/** Bytes that are hashed at a time. */
const STRETCH = 4 << 20;
/** A Git LFS pointer is shorter. */
const LONGEST_POINTER = 1024;

const BY_FILES = 'Download the model’s files in another way and choose them instead.';
const OR_BY_FILES = 'Or download the model’s files in another way and choose them instead.';

/** Whether it looks like a repository of the hub: `owner/name`, or `name` alone. */
export const isRepository = (name: string): boolean => /^[\w-][\w.-]{0,95}(\/[\w-][\w.-]{0,95})?$/.test(name);

/**
 * The files of a repository that a model is read from.
 * @throws HubError where the hub can't be reached, does not give the model away, or what came is not what it should be.
 */
export async function fetchFromHub(repository: string, options: HubOptions): Promise<NamedFile[]> {
  if (!isRepository(repository))
    throw new HubError(
      `“${repository}” is no name of a model: type owner/name, as in sentence-transformers/all-MiniLM-L6-v2.`,
    );
  return new Repository(repository, options).files();
}

/** What a file should be, as far as it is known. */
interface Expected {
  size?: number;
  /** In hexadecimal. */
  sha256?: string;
}

class Repository {
  private readonly fetch: typeof fetch;
  private readonly host: string;
  /** Once it is known. */
  private commit: string;
  /** Why only what is kept can be had. */
  private offline?: Unreachable;

  constructor(
    private readonly name: string,
    private readonly options: HubOptions,
  ) {
    this.fetch = options.fetch ?? ((...request) => globalThis.fetch(...request));
    this.host = options.host ?? 'https://huggingface.co';
    this.commit = options.revision ?? 'main';
  }

  async files(): Promise<NamedFile[]> {
    await this.pin();
    const found: NamedFile[] = [];
    const take = async (path: string): Promise<ByteSource | undefined> => {
      const bytes = await this.file(path);
      if (bytes) found.push({ path, bytes });
      // Without the hub, a file that is not kept may be one that it does not have, but weights it has.
      else if (this.offline && path.endsWith('.safetensors')) throw this.offline;
      return bytes;
    };
    const modules = await take(MODULES);
    const { transformer, pooling } = modules
      ? parseModules(await textOf(modules))
      : { transformer: '', pooling: POOLING };
    for (const path of [transformer + CONFIG, transformer + TOKENIZER, pooling]) await take(path);
    // There, or with the encoder.
    if (transformer !== '' && !found.some(({ path }) => path.endsWith(TOKENIZER))) await take(TOKENIZER);
    if (!(await take(transformer + WEIGHTS))) {
      const index = await take(transformer + INDEX);
      if (index) for (const shard of parseIndex(await textOf(index))) await take(transformer + shard);
      else {
        // Only that it is there, so that it is refused by its name.
        const pickle = `${transformer}pytorch_model.bin`;
        const { ok } = await this.request('resolve', pickle, { method: 'HEAD' });
        if (ok) found.push({ path: pickle, bytes: memoryBytes(new Uint8Array(), pickle) });
      }
    }
    return found;
  }

  /** Finds the revision's commit, or takes the one it had when the hub could be reached. */
  private async pin(): Promise<void> {
    const last = await this.options.store.file(`${this.name}/refs/${encodeURIComponent(this.commit)}`);
    try {
      // Also that there is no such file is answered for a commit.
      const { headers } = await this.request('resolve', CONFIG, { method: 'HEAD' });
      const commit = headers.get('x-repo-commit');
      if (!commit || !/^[0-9a-f]{40}$/.test(commit)) return;
      this.commit = commit;
      await last.clear();
      await last.append(new TextEncoder().encode(commit));
      await last.finish();
    } catch (error) {
      if (!(error instanceof Unreachable) || !last.complete) throw error;
      this.offline = error;
      this.commit = await textOf(await last.read());
    } finally {
      await last.close();
    }
  }

  /** Throws for a failure; an answer that there is no such file is none. */
  private async request(kind: 'resolve' | 'raw', path: string, init: RequestInit): Promise<Response> {
    const { signal } = this.options;
    const safe = path.split('/');
    if (safe.some((part) => part === '' || part === '.' || part === '..'))
      throw new HubError(`${this.name} names a file ${path}, which can't be one of its own.`);
    const url = [this.host, this.name, kind, this.commit, ...safe.map(encodeURIComponent)].join('/');
    let response: Response;
    try {
      response = await this.fetch(url, { ...init, signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw new Unreachable(`${new URL(this.host).host} can’t be reached (${causeOf(error)}). ${BY_FILES}`);
    }
    if (response.ok || response.status === 416) return response;
    const code = response.headers.get('x-error-code');
    if (response.status === 404 && code !== 'RepoNotFound' && code !== 'RevisionNotFound') return response;
    if (code === 'RevisionNotFound') throw new HubError(`${this.name} has no revision ${this.commit}.`);
    // The hub does not tell a stranger which of the two it is.
    if (response.status === 401 || response.status === 403 || response.status === 404)
      throw new HubError(`The hub has no public model ${this.name}: check the name. ${OR_BY_FILES}`);
    throw new HubError(
      `The hub answered ${response.status} for ${path} of ${this.name}. Try again later. ${OR_BY_FILES}`,
    );
  }

  /** Undefined where the repository has no such file. */
  private async file(path: string): Promise<ByteSource | undefined> {
    const stored = await this.options.store.file(`${this.name}/${encodeURIComponent(this.commit)}/${path}`);
    try {
      if (!stored.complete && (this.offline || !(await this.download(path, stored)))) return undefined;
      return await stored.read();
    } finally {
      await stored.close();
    }
  }

  private async download(path: string, stored: StoredFile): Promise<boolean> {
    const { signal, onProgress } = this.options;
    let expected: Expected = path.endsWith('.safetensors') ? await this.pointer(path) : {};
    for (let failures = 0; ; ) {
      signal?.throwIfAborted();
      const begin = stored.size;
      try {
        const response = await this.request(
          'resolve',
          path,
          begin > 0 ? { headers: { range: `bytes=${begin}-` } } : {},
        );
        if (response.status === 404) return false;
        expected = { ...sizeOf(response, begin), ...expected, ...linked(response) };
        if (!goesOn(response, begin)) {
          await stored.clear();
          if (response.status === 416) continue;
        }
        const total = expected.size ?? 0;
        onProgress?.({ file: path, done: stored.size, total });
        for await (const part of parts(response)) {
          await stored.append(part);
          onProgress?.({ file: path, done: stored.size, total });
        }
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof HubError && !(error instanceof Unreachable)) throw error;
        failures = stored.size > begin ? 0 : failures + 1;
        if (failures < ATTEMPTS) continue;
        throw brokenOff(path, stored.size, expected.size, causeOf(error));
      }
      // A connection may end early without saying so.
      if (stored.size >= (expected.size ?? 0)) break;
      failures = stored.size > begin ? 0 : failures + 1;
      if (failures >= ATTEMPTS) throw brokenOff(path, stored.size, expected.size, 'the connection ended');
    }
    await this.check(path, stored, expected);
    await stored.finish();
    return true;
  }

  /** What Git LFS knows of a file; nothing where it is kept in another way. */
  private async pointer(path: string): Promise<Expected> {
    const response = await this.request('raw', path, {});
    if (response.status === 404 || Number(response.headers.get('content-length') ?? 0) > LONGEST_POINTER) {
      await response.body?.cancel();
      return {};
    }
    const text = await response.text();
    const [, oid] = /^oid sha256:([0-9a-f]{64})$/m.exec(text) ?? [];
    const [, size] = /^size (\d+)$/m.exec(text) ?? [];
    return oid && size ? { sha256: oid, size: Number(size) } : {};
  }

  private async check(path: string, stored: StoredFile, expected: Expected): Promise<void> {
    const { size } = stored;
    const wrong = async (what: string): Promise<never> => {
      await stored.clear();
      throw new HubError(`${path} of ${this.name}: ${what}. Try again. ${OR_BY_FILES}`);
    };
    if (expected.size !== undefined && expected.size !== size)
      await wrong(`${size} bytes came, where the hub lists ${expected.size}`);
    if (expected.sha256 === undefined) return;
    const bytes = await stored.read();
    const hash = sha256.create();
    for (let at = 0; at < size; at += STRETCH) hash.update(await bytes.read(at, Math.min(size, at + STRETCH)));
    if (bytesToHex(hash.digest()) !== expected.sha256)
      await wrong('what came is not what the hub lists (its SHA-256 is another)');
  }
}

/** No answer at all. */
class Unreachable extends HubError {}

const brokenOff = (path: string, done: number, total: number | undefined, why: string) =>
  new HubError(
    `${path} broke off at ${done} of ${total ?? 'an unknown number of'} bytes (${why}). Ask for it again: it goes on from there.`,
  );

/** fetch's own message is “fetch failed”; what failed is its cause. */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message ? cause.message : message;
}

/** Whether an answer begins where the stored bytes end. */
function goesOn({ status, headers }: Response, begin: number): boolean {
  if (begin === 0) return status !== 416;
  const [, from] = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '') ?? [];
  return status === 206 && (from === undefined || Number(from) === begin);
}

function sizeOf({ status, headers }: Response, begin: number): Expected {
  const [, whole] = /\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  if (whole) return { size: Number(whole) };
  // Of what was compressed on the way, the length says nothing.
  const length = headers.get('content-encoding') ? null : headers.get('content-length');
  return length === null ? {} : { size: Number(length) + (status === 206 ? begin : 0) };
}

function linked({ headers }: Response): Expected {
  const [, hash] = /^"?([0-9a-f]{64})"?$/.exec(headers.get('x-linked-etag') ?? '') ?? [];
  const size = headers.get('x-linked-size');
  return { ...(hash && { sha256: hash }), ...(size && { size: Number(size) }) };
}

async function* parts({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // An answer that is not read to its end would keep its connection.
    await reader.cancel().catch(() => undefined);
  }
}
