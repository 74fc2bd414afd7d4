/** Reads a model's files off the page: which one it is, and whether they go together. One request, then it is done with. */
import { blobBytes } from '../../src/models/byte-source';
import { findModel } from '../../src/models/folder';
import { fetchFromHub, type HubProgress } from '../../src/models/hub';
import { cardOf, readModel } from '../../src/models/own-model';
import { loadTokenizer, tryTokenizer } from '../../src/models/tokenizer';
import { hubFiles } from './hub-files';
import type { PathedFile, ReaderReply, ReaderRequest, ReadModel } from './messages';

const reply = (message: ReaderReply): void => postMessage(message);

async function filesOf(request: ReaderRequest): Promise<PathedFile[]> {
  if (request.type === 'files') return request.files;
  const { store, blobOf } = await hubFiles();
  const onProgress = (progress: HubProgress) => reply({ type: 'progress', progress });
  const found = await fetchFromHub(request.repository, { store, onProgress });
  return found.map(({ path, bytes }) => ({ path, blob: blobOf(bytes) }));
}

async function read(request: ReaderRequest): Promise<ReadModel> {
  const files = await filesOf(request);
  const name = request.type === 'hub' ? request.repository : request.name;
  const found = await findModel(
    files.map(({ path, blob }) => ({ path, bytes: { ...blobBytes(blob), name: path } })),
    name,
  );
  reply({ type: 'trying' });
  const { config, tokenizer } = await readModel(found);
  tryTokenizer(loadTokenizer(tokenizer, config));
  const weights = found.weightPaths.flatMap((path) => files.filter((file) => file.path === path));
  const { privateParameters } = cardOf(config);
  return { config, privateParameters, tokenizer, weights: weights.map(({ blob }) => blob) };
}

addEventListener('message', ({ data }: MessageEvent<ReaderRequest>) => {
  read(data).then(
    (model) => reply({ type: 'model', model }),
    (error: Error) => reply({ type: 'problem', message: error.message }),
  );
});
