/** Files from a hub that is imitated: headers, pointers, answers that break off, bytes that are wrong. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { textOf } from '../../src/models/byte-source';
import { findModel } from '../../src/models/folder';
import { fetchFromHub, type HubOptions, type HubProgress } from '../../src/models/hub';
import { hubStore } from '../../tools/hub-store';

const NAME = 'somebody/some-model';
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const WEIGHTS = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let host: string;
let folder: string;
/** By path within the repository. */
let files: Record<string, Uint8Array | string>;
/** Answers in the hub's stead, once each. */
let odd: Handler[];
let requests: string[];
let pointers: boolean;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hub-'));
  files = {
    'config.json': '{"model_type":"bert"}',
    'tokenizer.json': '{}',
    'modules.json': JSON.stringify([
      { path: '', type: 'sentence_transformers.models.Transformer' },
      { path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
    ]),
    '1_Pooling/config.json': '{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":false}',
    'model.safetensors': WEIGHTS,
  };
  [odd, requests, pointers] = [[], [], true];
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const hash = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

function answer(request: IncomingMessage, response: ServerResponse): void {
  const [, owner, name, kind, revision, ...path] = request.url!.split('/').map(decodeURIComponent);
  const file = path.join('/');
  requests.push(`${request.method} ${kind} ${revision} ${file} ${request.headers.range ?? ''}`.trim());
  if (`${owner}/${name}` !== NAME) {
    response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end();
    return;
  }
  response.setHeader('x-repo-commit', COMMIT);
  const content = files[file];
  if (content === undefined) {
    response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
    return;
  }
  const isLarge = file.endsWith('.safetensors');
  if (kind === 'raw') {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${hash(content)}\nsize ${content.length}\n`;
    response.end(pointers && isLarge ? pointer : content);
    return;
  }
  if (isLarge && request.method === 'GET') {
    const handler = odd.shift();
    if (handler) {
      handler(request, response);
      return;
    }
  }
  const bytes = Buffer.from(content);
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  if (from !== undefined) {
    response.writeHead(206, {
      'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
      'content-length': bytes.length - Number(from),
    });
    response.end(bytes.subarray(Number(from)));
  } else {
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  }
}

/** Sends so many bytes of the weights and hangs up. */
const breakOffAt =
  (bytes: number): Handler =>
  (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from > 0) response.writeHead(206, { 'content-range': `bytes ${from}-${WEIGHTS.length - 1}/${WEIGHTS.length}` });
    else response.writeHead(200, { 'content-length': WEIGHTS.length });
    response.write(WEIGHTS.subarray(from, bytes), () => setTimeout(() => response.destroy(), 50));
  };

const get = (options: Partial<HubOptions> = {}, name = NAME) =>
  fetchFromHub(name, { store: hubStore(folder), host, ...options });

async function expectWhole(got: Awaited<ReturnType<typeof get>>) {
  const weights = got.find(({ path }) => path === 'model.safetensors')!.bytes;
  expect(Buffer.from(await weights.read(0, weights.size)).equals(Buffer.from(WEIGHTS))).toBe(true);
}

/** How the weights were asked for. */
const ranges = () => requests.filter((line) => line.startsWith('GET resolve') && line.includes('model.safetensors'));

describe('a model of the hub', () => {
  it('comes with the files that it is read from, all of one commit, with progress', async () => {
    const seen: HubProgress[] = [];
    const got = await get({ onProgress: (progress) => seen.push({ ...progress }) });
    expect(got.map(({ path }) => path).sort()).toEqual(Object.keys(files).sort());
    await expectWhole(got);
    const found = await findModel(got, NAME);
    expect(found).toMatchObject({ name: NAME, pooling: 'cls', weightPaths: ['model.safetensors'] });
    expect(requests.slice(1).every((line) => line.includes(COMMIT))).toBe(true);
    expect(seen.at(-1)).toEqual({ file: 'model.safetensors', done: WEIGHTS.length, total: WEIGHTS.length });
  });

  it('is kept: the second time only the commit is asked for, and without the hub nothing', async () => {
    await get();
    requests = [];
    await expectWhole(await get());
    expect(requests).toEqual(['HEAD resolve main config.json']);
    await expectWhole(await get({ host: 'http://127.0.0.1:9' }));
  });

  it('without the hub is whole or not there', async () => {
    delete files['modules.json'];
    odd = Array.from({ length: 4 }, () => breakOffAt(1000));
    await expect(get()).rejects.toThrow(/broke off/);
    const away = { host: 'http://127.0.0.1:9' };
    await expect(get(away)).rejects.toThrow(/can’t be reached/);
    odd = [];
    await get();
    await expectWhole(await get(away));
  });

  it('comes in shards', async () => {
    const { 'model.safetensors': whole, ...rest } = files;
    const weight_map = { a: 'model-1.safetensors', b: 'model-2.safetensors', c: 'model-1.safetensors' };
    files = { ...rest, 'model-1.safetensors': whole!, 'model-2.safetensors': whole! };
    files['model.safetensors.index.json'] = JSON.stringify({ weight_map });
    const found = await findModel(await get(), NAME);
    expect(found.weightPaths).toEqual(['model-1.safetensors', 'model-2.safetensors']);
  });
});

describe('a download that breaks off', () => {
  it('goes on where it was, at once', async () => {
    odd = [breakOffAt(100_000), breakOffAt(200_000)];
    await expectWhole(await get());
    expect(ranges()).toHaveLength(3);
    expect(ranges()[2]).toMatch(/ bytes=[1-9]\d+-$/);
  });

  it('is given up after three attempts without a byte, and goes on another time', async () => {
    const nothing: Handler = (_, response) => response.destroy();
    odd = [breakOffAt(100_000), nothing, nothing, nothing];
    await expect(get()).rejects.toThrow(/^model.safetensors broke off at \d+ of 300000 bytes .* it goes on from there/);
    requests = [];
    await expectWhole(await get());
    expect(ranges()).toHaveLength(1);
    expect(ranges()[0]).toMatch(/ bytes=[1-9]\d+-$/);
  });

  it('begins anew where the server knows no ranges, or another file', async () => {
    const noRange: Handler = (_, response) =>
      response.writeHead(200, { 'content-length': WEIGHTS.length }).end(Buffer.from(WEIGHTS));
    odd = [breakOffAt(1000), noRange];
    await expectWhole(await get());
    rmSync(folder, { recursive: true });
    odd = [breakOffAt(1000), (_, response) => response.writeHead(416).end()];
    await expectWhole(await get());
  });

  it('ends when it is told to', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    odd = [breakOffAt(100_000)];
    const onProgress = ({ done, file }: HubProgress) =>
      file === 'model.safetensors' && done > 0 && controller.abort(reason);
    await expect(get({ signal: controller.signal, onProgress })).rejects.toThrow('stopped');
  });
});

describe('wrong bytes', () => {
  const spoilt: Handler = (_, response) =>
    response
      .writeHead(200, { 'content-length': WEIGHTS.length })
      .end(Buffer.from(WEIGHTS.map((x, i) => (i === 5 ? x ^ 1 : x))));

  it('are noticed by the pointer’s hash and not kept', async () => {
    odd = [spoilt];
    await expect(get()).rejects.toThrow(/^model.safetensors of somebody\/some-model: .*its SHA-256 is another/);
    expect(
      readdirSync(folder, { recursive: true }).filter((name) => String(name).includes('model.safetensors')),
    ).toEqual([]);
    await expectWhole(await get());
  });

  it('are noticed by the headers alone', async () => {
    pointers = false;
    odd = [
      (_, response) =>
        response
          .writeHead(200, { 'x-linked-etag': `"${hash(WEIGHTS)}"`, 'x-linked-size': WEIGHTS.length })
          .end(Buffer.alloc(WEIGHTS.length)),
    ];
    await expect(get()).rejects.toThrow(/its SHA-256 is another/);
  });

  it('of another number are noticed by the size', async () => {
    odd = [(_, response) => response.writeHead(200).end(Buffer.concat([WEIGHTS, WEIGHTS]))];
    await expect(get()).rejects.toThrow('600000 bytes came, where the hub lists 300000');
  });
});

describe('what can’t be had', () => {
  it('is refused by name', async () => {
    await expect(get({}, 'no name')).rejects.toThrow('“no name” is no name of a model');
    await expect(get({}, 'nobody/nothing')).rejects.toThrow(/no public model nobody\/nothing: check the name/);
    await expect(get({ host: 'http://127.0.0.1:9' })).rejects.toThrow(
      /^127.0.0.1:9 can’t be reached .*choose them instead/,
    );
  });

  it('is a pickle, which is never downloaded', async () => {
    const { 'model.safetensors': whole, ...rest } = files;
    files = { ...rest, 'pytorch_model.bin': whole! };
    await expect(findModel(await get(), NAME)).rejects.toThrow(/^pytorch_model.bin: weights in a pickle are not read/);
    expect(requests).not.toContain(`GET resolve ${COMMIT} pytorch_model.bin`);
  });

  it('is a file outside the repository', async () => {
    files['modules.json'] = JSON.stringify([{ path: '../../other/model', type: 'models.Transformer' }]);
    await expect(get()).rejects.toThrow(/names a file .* which can't be one of its own/);
  });
});

it('small files are whole', async () => {
  for (const { path, bytes } of (await get()).filter(({ path }) => path.endsWith('.json')))
    expect(await textOf(bytes)).toBe(files[path]);
});
