/** What needs no language model: logistic regression on which words and pairs of words a text has. */

export interface WordExample {
  text: string;
  target: number;
}

const STRENGTHS = [0.0001, 0.001, 0.01, 0.1];
const STEPS = 300;
const RATE = 2;

/** Predicts with the L2 penalty that has the lowest loss on the validation examples. */
export function wordClassifier(
  training: readonly WordExample[],
  validation: readonly WordExample[],
  classes: number,
): (text: string) => number {
  const features = new Map<string, number>();
  for (const { text } of training) for (const f of grams(text)) if (!features.has(f)) features.set(f, features.size);
  const known = (text: string) => {
    const found = grams(text).flatMap((f) => features.get(f) ?? []);
    // Of length one, so that long texts do not weigh more.
    return { found, value: 1 / Math.sqrt(Math.max(1, found.length)) };
  };
  const inputs = training.map(({ text }) => known(text));

  function fit(strength: number) {
    const weights = Array.from({ length: classes }, () => new Float64Array(features.size + 1));
    for (let step = 0; step < STEPS; step++) {
      const slopes = weights.map((w) => w.map((value, i) => (i < features.size ? strength * value : 0)));
      for (const [i, { found, value }] of inputs.entries()) {
        for (const [c, p] of probabilities(weights, inputs[i]!).entries()) {
          const error = (p - Number(training[i]!.target === c)) / inputs.length;
          for (const f of found) slopes[c]![f]! += error * value;
          slopes[c]![features.size]! += error;
        }
      }
      for (const [c, w] of weights.entries()) for (let i = 0; i < w.length; i++) w[i]! -= RATE * slopes[c]![i]!;
    }
    return weights;
  }

  let best = { loss: Number.POSITIVE_INFINITY, weights: [] as Float64Array[] };
  for (const strength of STRENGTHS) {
    const weights = fit(strength);
    const loss = validation.reduce((sum, { text, target }) => {
      return sum - Math.log(probabilities(weights, known(text))[target]!);
    }, 0);
    if (loss < best.loss) best = { loss, weights };
  }
  return (text) => {
    const p = probabilities(best.weights, known(text));
    return p.indexOf(Math.max(...p));
  };
}

function grams(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
  return [...new Set([...words, ...words.slice(1).map((word, i) => `${words[i]} ${word}`)])];
}

/** The last weight is the bias. */
function probabilities(weights: readonly Float64Array[], { found, value }: { found: number[]; value: number }) {
  const logits = weights.map((w) => found.reduce((sum, f) => sum + value * w[f]!, w.at(-1)!));
  const top = Math.max(...logits);
  const exponentials = logits.map((x) => Math.exp(x - top));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((x) => x / sum);
}
