/** Reads a model's files off the page: which one it is, and whether they go together. One request, then it is done with. */
import { blobBytes, textOf } from '../../src/models/byte-source';
import { CALIBRATION, PRIVATE_CALIBRATION } from '../../src/models/calibration-file';
import { findModel } from '../../src/models/folder';
import { fetchFromHub, type HubProgress } from '../../src/models/hub';
import { cardOf, type ModelFiles, readModel } from '../../src/models/own-model';
import { loadTokenizer, tryTokenizer } from '../../src/models/tokenizer';
import type { KeptCalibration } from '../../src/session/messages';
import { isCalibrated, passEstimate } from '../../src/session/offer-estimate';
import { hubFiles } from './hub-files';
import { keptCalibration } from './kept-calibrations';
import type { PathedFile, ReaderReply, ReaderRequest, ReadModel } from './messages';

const reply = (message: ReaderReply): void => postMessage(message);

async function filesOf(request: Exclude<ReaderRequest, { type: 'calibration' }>): Promise<PathedFile[]> {
  if (request.type === 'files') return request.files;
  const { store, blobOf } = await hubFiles();
  const onProgress = (progress: HubProgress) => reply({ type: 'progress', progress });
  const found = await fetchFromHub(request.repository, { store, onProgress });
  return found.map(({ path, bytes }) => ({ path, blob: blobOf(bytes) }));
}

/** What there is of a model before it is read: its files for `readModel`, and what of them is handed on. */
interface Found {
  files: ModelFiles;
  weights: Blob[];
  calibration: KeptCalibration | undefined;
}

async function find(request: ReaderRequest): Promise<Found> {
  if (request.type === 'calibration')
    return { ...(await withCalibrationFiles(request)), weights: [...request.model.weights] };
  const files = await filesOf(request);
  const name = request.type === 'hub' ? request.repository : request.name;
  const found = await findModel(
    files.map(({ path, blob }) => ({ path, bytes: { ...blobBytes(blob), name: path } })),
    name,
  );
  const blobsAt = (path: string | undefined) => files.filter((file) => file.path === path).map(({ blob }) => blob);
  const { calibration } = found;
  return {
    files: found,
    weights: found.weightPaths.flatMap(blobsAt),
    calibration: calibration && { json: calibration.json, tensors: blobsAt(calibration.tensors?.name)[0] },
  };
}

async function withCalibrationFiles({
  files,
  model: { config, tokenizer, weights },
}: Extract<ReaderRequest, { type: 'calibration' }>): Promise<Omit<Found, 'weights'>> {
  const named = (name: string) => files.find(({ path }) => path.endsWith(name))?.blob;
  const [json, tensors] = [named(CALIBRATION), named(PRIVATE_CALIBRATION)];
  if (!json) throw new Error(`${PRIVATE_CALIBRATION} goes with ${CALIBRATION}, which is missing: choose both`);
  const kept = { json: await textOf({ ...blobBytes(json), name: CALIBRATION }), tensors };
  const calibration = { json: kept.json, tensors: tensors && blobBytes(tensors) };
  return { files: { config, tokenizer, weights: weights.map(blobBytes), calibration }, calibration: kept };
}

async function read(request: ReaderRequest): Promise<ReadModel> {
  const { files, weights, ...found } = await find(request);
  let { calibration } = found;
  reply({ type: 'trying' });
  let model = await readModel(files);
  tryTokenizer(loadTokenizer(model.tokenizer, model.config));
  reply({ type: 'tried' });
  const before = isCalibrated(model.config) ? undefined : await keptCalibration(model.stored);
  if (before) {
    try {
      model = await readModel({ ...files, calibration: before.files });
      calibration = before.kept;
    } catch {
      // Of another version of this program: it is calibrated again.
    }
  }
  const { config, tokenizer } = model;
  return {
    config,
    privateParameters: cardOf(config).privateParameters,
    tokenizer,
    weights,
    calibration,
    estimate: isCalibrated(config) ? passEstimate(config) : undefined,
  };
}

addEventListener('message', ({ data }: MessageEvent<ReaderRequest>) => {
  read(data).then(
    (model) => reply({ type: 'model', model }),
    (error: Error) => reply({ type: 'problem', message: error.message }),
  );
});
