/**
 * The data owner's input of a pass where prompts are given apart (`PassShape.slots`): every candidate's before every text, candidate by candidate. What is of the
 * first layer's input comes in parts, a text's rows and a prompt's; all else has every pair's rows, the text's first and behind them the prompt's.
 */
import type { ModelConfig } from './config';
import type { Embedding } from './embedding';
import { type EncodedText, PROMPT_SLOT } from './encode';
import { type EncoderInput, encoderInput } from './pass-input';

type Numbers = Float64Array | Uint8Array;

/**
 * `candidates` have one [slots · hidden] each, or for deep prompts one [layers · slots · hidden]. Throws a RangeError for texts that have not all their slots at
 * the same places: those of a causal model, which move with its padding.
 */
export function pairedInput(
  config: ModelConfig,
  embedding: Embedding,
  texts: readonly EncodedText[],
  candidates: readonly (Float32Array | undefined)[],
): EncoderInput {
  const [first] = texts;
  if (!first) throw new RangeError('a pass of no texts');
  const isSlot = Array.from(first.ids, (id) => id === PROMPT_SLOT);
  if (texts.some(({ ids }) => ids.some((id, t) => (id === PROMPT_SLOT) !== isSlot[t])))
    throw new RangeError('prompts that are given apart need their slots at the same places of every text');
  const places = [...isSlot.keys()];
  const [ofText, ofPrompt] = [places.filter((t) => !isSlot[t]), places.filter((t) => isSlot[t])];
  const order = [...ofText, ...ofPrompt];

  const { inputs: known, masks } = encoderInput(
    config,
    embedding,
    texts,
    texts.map(() => candidates[0]),
  );
  const prompts = candidates.map((prompt) => encoderInput(config, embedding, [first], [prompt]).inputs);
  const ofPairs = <T extends Numbers>(values: T): T => repeated(rowsAt(values, order, texts.length), candidates.length);
  const inputs: Record<string, Float64Array> = {
    'embedded.texts': rowsAt(known.embedded!, ofText, texts.length),
    'embedded.prompts': joined(prompts.map(({ embedded }) => rowsAt(embedded!, ofPrompt, 1))),
    counted: ofPairs(known.counted!),
    // [tokens, sequences].
    offsets: joined(order.map((t) => repeated(rowsAt(known.offsets!, [t], 1), candidates.length))),
  };
  for (let layer = 1; prompts[0]?.[`layer.${layer}.prompt`]; layer++) {
    const name = `layer.${layer}.prompt`;
    inputs[name] = joined(prompts.map((prompt) => repeated(rowsAt(prompt[name]!, order, 1), texts.length)));
  }
  const { kept, first: firsts, last, inner } = masks;
  return {
    inputs,
    masks: {
      ...{ kept: ofPairs(kept), first: ofPairs(firsts), last: ofPairs(last), inner: ofPairs(inner) },
      'kept.texts': rowsAt(kept, ofText, texts.length),
    },
  };

  /** These rows of each of so many sequences, whose tokens have a row each. */
  function rowsAt<T extends Numbers>(values: T, these: readonly number[], sequences: number): T {
    const width = values.length / (sequences * isSlot.length);
    const out = values.slice(0, sequences * these.length * width) as T;
    let at = 0;
    for (let s = 0; s < sequences; s++) {
      for (const t of these) {
        const from = (s * isSlot.length + t) * width;
        out.set(values.subarray(from, from + width), at);
        at += width;
      }
    }
    return out;
  }
}

function joined<T extends Numbers>(parts: readonly T[]): T {
  const [first] = parts;
  if (!first) throw new RangeError('a pass of no prompts');
  const out = new (first.constructor as new (n: number) => T)(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const repeated = <T extends Numbers>(values: T, times: number): T => joined(new Array<T>(times).fill(values));
