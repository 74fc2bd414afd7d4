/** A prompt that was found: how texts are labelled with it, and the file that a person saves. */
import { answerOf, createEncoder } from '../../../models/encode';
import { softmax } from '../../../tuning/objective';
import { exportPrompt, importPrompt } from '../../../tuning/prompt';
import { refuseOther } from '../../../tuning/saved';
import type { PreparedTask } from '../../../tuning/task';
import { type LabelWord, resolveVerbalizer } from '../../../tuning/verbalizer';
import type { Result } from '../../messages';
import { RunPlans } from '../../run';
import type { TuningSettings } from '../../settings';
import { type OfferedModel, savedFor } from '../handshake';
import type { Reading } from '../passes';
import type { Tuned } from './method';

/** The label words are the data owner's operand of the last product. */
export function promptReading(
  { config, embedding }: OfferedModel,
  words: readonly LabelWord[],
  { tokens, promptTokens, deepPrompts }: Pick<TuningSettings, 'tokens' | 'promptTokens' | 'deepPrompts'>,
): Reading {
  const columns = words.length;
  const values = embedding.columns(words.map(({ token }) => token));
  return {
    plans: new RunPlans(config, { tokens, answer: answerOf(config, promptTokens, tokens), columns, deep: deepPrompts }),
    readout: {
      name: 'readout',
      inputs: config.hidden_size,
      outputs: columns,
      values,
      // Added in the clear, since it is public: see `promptLogits`.
      bias: new Float64Array(columns),
    },
  };
}

/** Of the label words, from what was opened of a text. */
export const promptLogits = (
  { embedding }: OfferedModel,
  words: readonly LabelWord[],
  answer: Float64Array,
): Float64Array => Float64Array.from(words, ({ token }, i) => (answer[i] ?? 0) + (embedding.bias[token] ?? 0));

export const tunedPrompt = (
  model: OfferedModel,
  {
    labels,
    labelWords,
    encode,
    reading,
  }: Pick<PreparedTask, 'labels' | 'labelWords' | 'encode'> & { reading: Reading },
  prompt: Float32Array,
): Tuned => ({
  labels,
  reading,
  encode,
  prompt,
  probabilities: (answer) => softmax(promptLogits(model, labelWords, answer)),
});

/** prompt.safetensors */
export function promptFile(
  model: OfferedModel,
  { space, labelWords, settings }: Pick<PreparedTask, 'space' | 'labelWords'> & { settings: TuningSettings },
  prompt: Float32Array,
  notes: Record<string, string>,
): Result['file'] {
  const { hidden, tokens } = space;
  const bytes = exportPrompt({
    ...savedFor(model),
    ...{ prompt, tokens, hidden, layers: prompt.length / (tokens * hidden) },
    padded: settings.tokens,
    labelWords: Object.fromEntries(labelWords.map(({ label, word }) => [label, word])),
    notes: { ...notes, prompt_text: settings.promptText },
  });
  return { name: 'prompt.safetensors', bytes };
}

/** Throws Error for a file that is no prompt, or of another model. */
export function loadPrompt(model: OfferedModel, file: Uint8Array): Tuned {
  const { config, tokenizer } = model;
  const { tokens: promptTokens, padded: tokens, layers, hidden, prompt, ...saved } = importPrompt(file);
  refuseOther(saved, savedFor(model));
  if (hidden !== config.hidden_size || ![1, config.num_hidden_layers].includes(layers))
    throw new Error('This file is not a prompt of this model: it is of another size.');
  const labels = Object.keys(saved.labelWords).sort();
  const labelWords = resolveVerbalizer(labels, saved.labelWords, tokenizer);
  const encode = createEncoder({ tokenizer, config, tokens, promptTokens });
  const reading = promptReading(model, labelWords, { tokens, promptTokens, deepPrompts: layers > 1 });
  return tunedPrompt(model, { labels, labelWords, encode, reading }, prompt);
}
