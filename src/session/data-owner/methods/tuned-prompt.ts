/** A prompt that was found: how texts are labelled with it, and the file that a person saves. */
import { createEncoder } from '../../../models/encode';
import { softmax } from '../../../tuning/objective';
import { exportPrompt, importPrompt } from '../../../tuning/prompt';
import { refuseOther } from '../../../tuning/saved';
import type { PreparedTask } from '../../../tuning/task';
import { resolveVerbalizer } from '../../../tuning/verbalizer';
import { tooManyWords } from '../../choices';
import type { Result } from '../../messages';
import type { TuningSettings } from '../../settings';
import { type OfferedModel, offerOf, savedFor } from '../handshake';
import type { Reading } from '../passes';
import { wordReading } from './features';
import type { Tuned } from './method';

export const tunedPrompt = (
  { labels, encode, reading }: Pick<PreparedTask, 'labels' | 'encode'> & { reading: Reading },
  prompt: Float32Array,
): Tuned => ({ labels, reading, encode, prompt, probabilities: softmax });

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
  const problem = tooManyWords(offerOf(model), labels.length);
  if (problem) throw new Error(problem);
  const reading = wordReading(model, { labelWords, tokens, promptTokens, deep: layers > 1 });
  return tunedPrompt({ labels, encode, reading }, prompt);
}
