/**
 * A gate's functions as the words that the kernel takes (kernels/gate.ts): angles, then for each function its constant and its terms.
 *
 * (cos, sin) of an angle are (sin, −cos) a quarter turn later, and a negative amplitude is half a turn. So terms of one frequency whose
 * phases differ in quarters share an angle, and two of them that are a quarter apart share a product.
 */
import type { Gate, Harmonic } from '../backend';

/** Bytes of an angle's cosines and sines, four of each. */
const LOOK_UP = 32;

/** amplitudes[q]·cos(angle − q quarter turns), q = 0 and 1. */
interface Term {
  angle: number;
  frequency: number;
  amplitudes: [number, number];
}

/** `n`: how many elements a row of the tables has. */
export function gateCall({ phaseBits, frequencies, functions }: Gate, n: number): { angles: number; body: Int32Array } {
  const quarterTurn = 2 ** (phaseBits - 2);
  const angles = new Map<string, { index: number; multiple: number; phase: number }>();

  const angleOf = (frequency: number, phase: number) => {
    const multiple = frequencies[frequency]!;
    const name = `${multiple} ${phase}`;
    const angle = angles.get(name) ?? { index: angles.size, multiple, phase };
    angles.set(name, angle);
    return angle.index;
  };

  const termsOf = (harmonics: readonly Harmonic[]): Term[] => {
    const terms: Term[] = [];
    for (const { frequency, amplitude, phase } of harmonics) {
      const quarters = Math.floor(phase / quarterTurn);
      const angle = angleOf(frequency, phase % quarterTurn);
      const signed = quarters < 2 ? amplitude : -amplitude;
      const side = quarters % 2;
      const place = terms.find((t) => t.angle === angle && t.frequency === frequency && t.amplitudes[side] === 0);
      if (place) place.amplitudes[side] = signed;
      else terms.push({ angle, frequency, amplitudes: side === 0 ? [signed, 0] : [0, signed] });
    }
    return terms;
  };

  const polynomials = functions.flatMap(({ terms: harmonics, constant }) => {
    const terms = termsOf(harmonics);
    const words = terms.flatMap(({ angle, frequency, amplitudes }) => [
      LOOK_UP * angle,
      8 * frequency * n,
      ...amplitudes,
    ]);
    return [Number(BigInt.asIntN(32, constant)), Number(BigInt.asIntN(32, constant >> 32n)), terms.length, ...words];
  });
  const looked = [...angles.values()].flatMap(({ multiple, phase }) => [multiple, phase]);
  return { angles: angles.size, body: Int32Array.of(...looked, ...polynomials) };
}
