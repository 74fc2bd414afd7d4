/** What can be tuned of a model that is offered, what is opened for it, and what is taken where a person chooses neither. */
import type { Task } from '../models/config';
import type { Problem } from './problem';

/** A layer of the data owner's own behind the model, a prompt before every text, or both. */
export const methodNames = ['head', 'prompt', 'prompt and head'] as const;

export type MethodName = (typeof methodNames)[number];

/** What a language model's head is learned from: the whole state at the answer position, or the label words' logits. */
export const readingNames = ['state', 'words'] as const;

export type ReadingName = (typeof readingNames)[number];

/** What choices depend on. */
export interface Offer {
  task: Task;
  hidden: number;
  /** Numbers of a sequence that the model owner lets be opened. */
  mostOfSequence: number;
}

const METHODS: { readonly [K in Task]: readonly MethodName[] } = {
  'masked-lm': methodNames,
  'causal-lm': methodNames,
  embedding: ['head'],
};

/** Those that there are for a model, the suggested one first. */
export const methodsOf = ({ task }: Pick<Offer, 'task'>): readonly MethodName[] => METHODS[task];

/** What a method may open of this model, the suggested one first; nothing of a sentence encoder whose vector is too long. */
export function readingsOf({ task, hidden, mostOfSequence }: Offer, method: MethodName): readonly ReadingName[] {
  if (method === 'prompt') return ['words'];
  const state: ReadingName[] = hidden <= mostOfSequence ? ['state'] : [];
  if (task === 'embedding') return state;
  // A search opens as much for every candidate.
  return method === 'head' ? [...state, 'words'] : ['words', ...state];
}

export interface Choice {
  method: MethodName;
  reading: ReadingName;
}

interface Chosen {
  method?: MethodName;
  reading?: ReadingName;
}

/** What is run for these settings. A reading that the method has no choice of is of no concern. */
export function choiceOf(offer: Offer, settings: Chosen): Choice {
  const method = settings.method ?? methodsOf(offer)[0]!;
  const readings = readingsOf(offer, method);
  const isAsked = method !== 'prompt' && offer.task !== 'embedding';
  return { method, reading: (isAsked ? settings.reading : undefined) ?? readings[0] ?? 'state' };
}

/** What of a choice this model, or its owner, does not let be done. */
export function choiceProblems(offer: Offer, settings: Chosen): Problem[] {
  const { hidden, mostOfSequence } = offer;
  const { method, reading } = choiceOf(offer, settings);
  const known = methodsOf(offer);
  if (!known.includes(method))
    return [{ field: 'method', message: `For this model the method must be ${known.join(' or ')}, not “${method}”.` }];
  if (readingsOf(offer, method).includes(reading)) return [];
  const [what, remedy] =
    offer.task === 'embedding'
      ? ['its vector', `Ask it to offer the model anew with at least ${hidden}.`]
      : [
          'the model’s whole answer (its state)',
          'Choose to learn from label words, or ask it to offer the model anew.',
        ];
  const message = `The model owner lets ${mostOfSequence} numbers of a text be opened, and ${what} has ${hidden}. ${remedy}`;
  return [{ field: 'reading', message }];
}

/** Why so many label words cannot be read out; undefined where they can. */
export const tooManyWords = ({ mostOfSequence }: Pick<Offer, 'mostOfSequence'>, words: number): string | undefined =>
  words > mostOfSequence
    ? `The model owner lets ${mostOfSequence} numbers of a text be opened, and ${words} labels need one each. Ask it to offer the model anew with at least ${words}.`
    : undefined;
