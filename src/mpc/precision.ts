/** How many bits values get, by use. */
import type { PolynomialName } from '../graph/functions';
import type { PhaseBits } from '../ring/cosine';
import { COEFFICIENT_BITS } from '../ring/cosine';

/** Significant bits by use; scales of matrices. */
export interface Precision {
  /** Scale of a linear map's operand and of its matrix. */
  activation: number;
  weight: number;
  /** Significant bits of the operands of shared products in attention. */
  contraction: number;
  /** The same where the left operand spans orders of magnitude. */
  spanning: { left: number; right: number };
  /** Significant bits of the wide operand of an elementwise product, and of its narrow one. */
  wide: number;
  narrow: number;
  /** Scale of the readout's operand and of the label words' embeddings. */
  readout: number;
  /** Fractional bits of what is revealed as it is, and of fine inputs. */
  reveal: number;
  /** Of exponentials, and of those whose sums nobody has to know exactly: significant bits of public factors and of results, beside the largest. */
  exponential: ExponentialBits;
  rough: ExponentialBits;
  /**
   * Of gates: significant bits of the public coefficients, fractional bits of the dealt cosines, bits of the phase. Errors of
   * cosines and phases are multiplied by coefficients, which are large where a steep function is fitted.
   */
  gates: Record<PolynomialName, GateBits>;
}

export interface ExponentialBits {
  coefficient: number;
  table: number;
}

export interface GateBits {
  coefficient: number;
  /** At most the fraction of the phase's resolution (ring/cosine.ts): the cosine table has no more. */
  table: number;
  /** The resolution: as finely as cosines are computed. */
  phase: PhaseBits;
  /** Bits of a phase that are opened, no more than the resolution's: an argument is known to 2^-opened of a period. By default all. */
  opened?: number;
  /** How many bits fewer the last harmonic's tables have than the first one's. */
  taper: number;
}

/** The largest coefficient that a gate can have, beside the largest value of its function. */
export const largestCoefficient = ({ coefficient }: GateBits): number => 2 ** (COEFFICIENT_BITS - coefficient);

/** Of a shift that nobody has to know exactly. */
const ROUGH: GateBits = { coefficient: 13, table: 13, phase: 16, taper: 0 };
const ROUGH_EXPONENTIAL: ExponentialBits = { coefficient: 8, table: 12 };

const gates = (feature: GateBits, smooth: GateBits, steep: GateBits): Precision['gates'] => ({
  cosine: feature,
  sine: feature,
  gelu: smooth,
  'gelu tanh': smooth,
  'gelu even': smooth,
  'gelu tanh even': smooth,
  trigonometric: smooth,
  reciprocal: steep,
  'inverse root': steep,
  logarithm: ROUGH,
});

const FINEST: GateBits = { coefficient: 17, table: 14, phase: 16, taper: 0 };
const CURVED: GateBits = { coefficient: 15, table: 13, phase: 16, taper: 4 };

/** What a model of a few layers and short sequences has room for in 64 bits: logits are right to three digits. */
export const FINE: Precision = {
  activation: 12,
  weight: 14,
  contraction: 12,
  spanning: { left: 18, right: 12 },
  wide: 16,
  narrow: 15,
  readout: 12,
  reveal: 16,
  exponential: { coefficient: 12, table: 19 },
  rough: ROUGH_EXPONENTIAL,
  gates: gates({ coefficient: 14, table: 13, phase: 16, taper: 0 }, CURVED, FINEST),
};

/** For wide and long ones, whose sums need the room. */
export const COARSE: Precision = {
  activation: 12,
  weight: 12,
  contraction: 10,
  spanning: { left: 16, right: 10 },
  wide: 16,
  narrow: 15,
  readout: 10,
  reveal: 14,
  exponential: { coefficient: 11, table: 17 },
  rough: ROUGH_EXPONENTIAL,
  gates: gates(
    { coefficient: 12, table: 11, phase: 16, taper: 0 },
    { coefficient: 15, table: 12, phase: 16, opened: 14, taper: 0 },
    { coefficient: 15, table: 14, phase: 16, taper: 0 },
  ),
};

const SMOOTH: GateBits = { coefficient: 13, table: 12, phase: 16, opened: 14, taper: 7 };
const STEEP: GateBits = { coefficient: 24, table: 24, phase: 20, taper: 0 };

/** For stock checkpoints with softmax, whose scores are spread over tens of units: fine gates where functions are steep. */
export const EXACT: Precision = {
  activation: 10,
  weight: 13,
  contraction: 10,
  spanning: { left: 16, right: 11 },
  wide: 16,
  narrow: 14,
  readout: 12,
  reveal: 16,
  exponential: { coefficient: 10, table: 18 },
  rough: ROUGH_EXPONENTIAL,
  gates: {
    ...FINE.gates,
    gelu: SMOOTH,
    'gelu tanh': SMOOTH,
    'gelu even': SMOOTH,
    'gelu tanh even': SMOOTH,
    trigonometric: SMOOTH,
    reciprocal: STEEP,
    'inverse root': STEEP,
  },
};

/** The same with less room to spare, for models whose values reach further. */
export const EXACT_NARROWER: Precision = {
  ...EXACT,
  spanning: { left: 14, right: 10 },
  wide: 15,
  narrow: 13,
};
