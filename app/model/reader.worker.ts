/** Reads a model's files off the page: which one it is, and whether they go together. One request, then it is done with. */
import { blobBytes } from '../../src/models/byte-source';
import { findModel } from '../../src/models/folder';
import { fetchFromHub, type HubProgress } from '../../src/models/hub';
import { cardOf, readModel } from '../../src/models/own-model';
import { loadTokenizer, tryTokenizer } from '../../src/models/tokenizer';
import { isCalibrated, passEstimate } from '../../src/session/offer-estimate';
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
  reply({ type: 'tried' });
  const blobsAt = (path: string | undefined) => files.filter((file) => file.path === path).map(({ blob }) => blob);
  const { calibration } = found;
  return {
    config,
    privateParameters: cardOf(config).privateParameters,
    tokenizer,
    weights: found.weightPaths.flatMap(blobsAt),
    calibration: calibration && { json: calibration.json, tensors: blobsAt(calibration.tensors?.name)[0] },
    estimate: isCalibrated(config) ? passEstimate(config) : undefined,
  };
}

addEventListener('message', ({ data }: MessageEvent<ReaderRequest>) => {
  read(data).then(
    (model) => reply({ type: 'model', model }),
    (error: Error) => reply({ type: 'problem', message: error.message }),
  );
});
