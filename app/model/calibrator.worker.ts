/** Calibrates a model off the page, on public texts. One request, then it is done with. */
import { createFloatProduct } from '../../src/compute/wasm/float-product';
import { blobBytes, textOf } from '../../src/models/byte-source';
import { calibrateModel, tokensOf } from '../../src/models/calibrate-model';
import { readModel, withCalibrated } from '../../src/models/own-model';
import { calibrationBatches, textsIn } from '../../src/session/calibration-text';
import { checkCalibrationMemory, passEstimate } from '../../src/session/offer-estimate';
import { keepCalibration } from './kept-calibrations';
import type { CalibratedModel, CalibratorReply, CalibratorRequest } from './messages';

/** A thousand texts are read of a file: one this large is another kind of file. */
const MOST_TEXT_BYTES = 2 ** 26;

const reply = (message: CalibratorReply): void => postMessage(message);

async function calibrate({ config, tokenizer, weights, texts }: CalibratorRequest): Promise<CalibratedModel> {
  const model = await readModel({ config, tokenizer, weights: weights.map(blobBytes) });
  const batches = await calibrationBatches(await linesOf(texts), model);

  checkCalibrationMemory(model.config, tokensOf(...batches));
  const began = performance.now();
  const onProgress = (fraction: number) => {
    const seconds = (performance.now() - began) / 1000;
    reply({ type: 'progress', progress: { fraction, secondsLeft: (seconds * (1 - fraction)) / fraction } });
  };

  const calibrated = await calibrateModel(model.config, model.source, batches, {
    product: await createFloatProduct(),
    onProgress,
  });
  const { model: offered, files } = await withCalibrated(model, calibrated);
  const calibration = { json: files.json, tensors: files.tensors && new Blob([files.tensors]) };
  await keepCalibration(model.stored, calibration);
  return {
    config: offered.config,
    calibration,
    estimate: passEstimate(offered.config),
  };
}

async function linesOf(file: Blob): Promise<string[]> {
  const name = 'name' in file && typeof file.name === 'string' ? file.name : 'calibration.txt';
  try {
    if (file.size > MOST_TEXT_BYTES)
      throw new Error(`it has ${file.size} bytes, and ${MOST_TEXT_BYTES} are the most: a thousand texts are enough`);
    const lines = textsIn(await textOf({ ...blobBytes(file), name: undefined }));
    if (lines.length === 0) throw new Error('it has no text: one text a line is needed');
    return lines;
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}

addEventListener('message', ({ data }: MessageEvent<CalibratorRequest>) => {
  calibrate(data).then(
    (model) => reply({ type: 'calibrated', model }),
    (error: Error) => reply({ type: 'problem', message: error.message }),
  );
});
