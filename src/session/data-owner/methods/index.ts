/** The methods by name, and the files that they save. */
import { readSafetensorsMetadata } from '../../../models/safetensors';
import { type Choice, choiceOf } from '../../choices';
import type { MethodName } from '../../messages';
import type { AskedSettings } from '../../settings';
import { type OfferedModel, offerOf } from '../handshake';
import { HEAD } from './head';
import type { Method, Tuned } from './method';
import { PROMPT } from './prompt';
import { PROMPT_AND_HEAD } from './prompt-and-head';
import { loadHead } from './tuned-head';
import { loadPrompt } from './tuned-prompt';

const METHODS: { readonly [K in MethodName]: Method } = {
  head: HEAD,
  prompt: PROMPT,
  'prompt and head': PROMPT_AND_HEAD,
};

/** Of settings whose choice is possible for this model. */
export function chosenMethod(model: OfferedModel, settings: AskedSettings): Choice & { does: Method } {
  const choice = choiceOf(offerOf(model), settings);
  return { ...choice, does: METHODS[choice.method] };
}

/** What a file of an earlier run holds. Throws Error where it is no such file, or of another model. */
export function loadTuned(model: OfferedModel, file: Uint8Array): { what: 'prompt' | 'head'; tuned: Tuned } {
  return readSafetensorsMetadata(file).format === 'secfwt-prompt'
    ? { what: 'prompt', tuned: loadPrompt(model, file) }
    : { what: 'head', tuned: loadHead(model, file) };
}
