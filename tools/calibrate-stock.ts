/** A stock model calibrated by a tool: on the bundled text or on its owner's. */
import { readFileSync } from 'node:fs';
import type { Product } from '../src/graph/product';
import { calibrateModel } from '../src/models/calibrate-model';
import { type OwnModel, withCalibrated } from '../src/models/own-model';
import { calibrationBatches, textsIn } from '../src/session/calibration-text';
import { isCalibrated } from '../src/session/offer-estimate';

/** One text a line. */
export const BUNDLED_TEXT = 'public/calibration.txt';

export interface CalibrateOptions {
  product: Product;
  say(message: string): void;
  /** Default: the bundled ones. */
  lines?: readonly string[];
}

/** The model as it is if it has ranges, else with what calibration finds. */
export async function calibrated(model: OwnModel, options: CalibrateOptions): Promise<OwnModel> {
  return isCalibrated(model.config) ? model : (await calibrateStock(model, options)).model;
}

/** The calibrated model, and the files to keep beside its own. */
export async function calibrateStock(
  model: OwnModel,
  { product, say, lines = bundledLines() }: CalibrateOptions,
): ReturnType<typeof withCalibrated> {
  const { config } = model;
  const batches = await calibrationBatches(lines, model);
  let told = 0;
  const found = await calibrateModel(config, model.source, batches, {
    product,
    onProgress(fraction) {
      const tenth = Math.floor(10 * fraction);
      if (tenth === told) return;
      told = tenth;
      say(`calibrating ${config.name}: ${10 * tenth} %`);
    },
  });
  return withCalibrated(model, found);
}

const bundledLines = () => textsIn(readFileSync(BUNDLED_TEXT, 'utf8'));
