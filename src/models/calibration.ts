/**
 * What the planner needs to know of a model's values: from its config.json, or typical figures for a shape without weights.
 */

import type { TrigonometricPolynomial } from '../graph/fourier';
import type { GateFit, UnivariateName } from '../graph/functions';
import type { TensorOf } from '../graph/graph';
import { PlanError } from '../mpc/plan-error';
import type { Calibration } from '../mpc/planner';
import type { ModelConfig } from './config';

/** Planned ranges are this much wider than the measured ones: a tuned prompt moves values a little. */
const MARGIN = 1.5;

const COSINE: TrigonometricPolynomial = { period: 1, constant: 0, cos: [1], sin: [0] };
const SINE: TrigonometricPolynomial = { period: 1, constant: 0, cos: [0], sin: [1] };

const GELU = { period: 16, harmonics: 10 };
const EVEN_GELU = { period: 64, harmonics: 5 };

/**
 * What a gate's function is without a fit, if it is a trigonometric polynomial itself; otherwise harmonics and period as fitted on typical
 * ranges (protocol.md): what the gate costs, without its coefficients.
 */
const POLYNOMIALS: {
  readonly [K in UnivariateName]:
    | { exact: (gate: TensorOf<'gate'>) => TrigonometricPolynomial | undefined }
    | { exact?: undefined; typical: { period: number; harmonics: number; window?: number } };
} = {
  cosine: { exact: () => COSINE },
  sine: { exact: () => SINE },
  trigonometric: { exact: ({ operation }) => operation.constants.polynomial },
  gelu: { typical: GELU },
  'gelu tanh': { typical: GELU },
  'gelu even': { typical: EVEN_GELU },
  'gelu tanh even': { typical: EVEN_GELU },
  'inverse root': { typical: { period: 8, harmonics: 40 } },
  reciprocal: { typical: { period: 2, harmonics: 32 } },
  logarithm: { typical: { period: 32, harmonics: 16 } },
  exponential: { typical: { period: 64, harmonics: 0, window: 16 } },
};

function functionOf({ name, operation }: TensorOf<'gate'>, index: number): UnivariateName {
  const found = operation.functions[index];
  if (!found) throw new PlanError(`${name} has ${operation.functions.length} functions, no function ${index}`);
  return found;
}

/**
 * A language model's last norm behind its γ and β, as it is revealed. With so much room nobody has to measure it, and it still is opened
 * in one word.
 */
const STATE: readonly [number, number] = [-2048, 2048];

const isFeature = (name: string): boolean => /\.(query|key)(\.phase)?$/.test(name);

/** As calibration saw it. Throws PlanError, naming the tensor, where it did not. */
export function measuredRange({ ranges }: Pick<ModelConfig, 'ranges'>, name: string): readonly [number, number] {
  const range = ranges?.[name];
  if (!range) throw new PlanError(`config.json has no range of ${name}: calibrate the model (npm run calibrate)`);
  return range;
}

/** Of a calibrated model. Refuses by name what was not measured. */
export function calibrationOf(config: ModelConfig): Calibration {
  return {
    range(name) {
      if (name === 'state') return STATE;
      // Random features are cosines: their range is known.
      if (config.attention === 'rfa' && isFeature(name)) return [-1, 1];
      const [low, high] = measuredRange(config, name);
      return [low * MARGIN, high * MARGIN];
    },
    polynomial(gate, index) {
      const polynomial: GateFit | undefined =
        POLYNOMIALS[functionOf(gate, index)].exact?.(gate) ?? config.gates?.[gate.whole];
      if (!polynomial)
        throw new PlanError(`config.json has no gate for ${gate.whole}: calibrate the model (npm run calibrate)`);
      return polynomial;
    },
  };
}

/** Of any shape: ranges as post-LN encoders show them. For the cost model only. */
export function typicalCalibration(config: ModelConfig, tokens: number): Calibration {
  const features = Math.max(1, config.num_frequencies);
  return {
    range(name) {
      if (isFeature(name)) return config.attention === 'rfa' ? [-1, 1] : [-8, 8];
      if (/weights$/.test(name)) return config.attention === 'rfa' ? [-features, features] : [0, 8];
      if (/numerator$/.test(name)) return [-features * tokens, features * tokens];
      if (/memory(\.lifted)?$|total$/.test(name)) return [-4 * tokens, 4 * tokens];
      if (/inverse$/.test(name)) return [0, 16 / features];
      if (/deviation$/.test(name)) return [0, 4];
      if (name === 'logits') return [-32, 32];
      if (name === 'state') return STATE;
      return [-16, 16];
    },
    polynomial(gate, index) {
      const name = functionOf(gate, index);
      const known = POLYNOMIALS[name];
      if (known.exact) {
        const polynomial = known.exact(gate);
        if (!polynomial) throw new PlanError(`${gate.name} has no polynomial`);
        return polynomial;
      }
      const { period, harmonics, window } = known.typical;
      // Only how many there are counts; the reciprocal's argument is a sum over tokens and features.
      const scale = name === 'reciprocal' ? 2 ** Math.ceil(Math.log2(tokens * features)) : 1;
      const ones = new Array<number>(harmonics).fill(1 / harmonics);
      return { period: period * scale, constant: 0, cos: ones, sin: ones, ...(window && { window }) };
    },
  };
}
