/** A prompt that was found, as the file that a person saves. */
import type { Evaluation } from '../../tuning/objective';
import { exportPrompt } from '../../tuning/prompt';
import type { Prepared } from './task';

export interface Found {
  /** [tokens · hidden]; for deep prompts [layers · tokens · hidden]. */
  prompt: Float32Array;
  /** 0: the untuned one. */
  generation: number;
  evaluation: Evaluation;
}

/** prompt.safetensors */
export function promptFile(
  model: string,
  { settings, space }: Prepared,
  { prompt, generation, evaluation: { accuracy, loss } }: Found,
): Uint8Array {
  return exportPrompt({
    prompt,
    tokens: prompt.length / space.hidden,
    hidden: space.hidden,
    model,
    labelWords: settings.labelWords,
    notes: {
      generation: String(generation),
      accuracy: accuracy.toFixed(4),
      loss: loss.toFixed(4),
      padded_tokens: String(settings.tokens),
      prompt_text: settings.promptText,
    },
  });
}
