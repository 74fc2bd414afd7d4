/** What a model adds to what its user can do alone, in words. */
import type { Alone, AloneName } from './alone';
import { type Interval, intervalOf } from './interval';
import type { Evaluation } from './objective';
import { percent } from './percent';

export interface Verdict {
  /** `clear`: higher, and the 95 % intervals do not meet. `unclear`: higher, but they do. `nothing`: not higher. */
  adds: 'clear' | 'unclear' | 'nothing';
  /** The best of what can be done alone. */
  best: AloneName;
  /** Sentences: how the two compare, and what to try. */
  text: string;
}

const NAMES: Record<AloneName, string> = {
  majority: 'naming the most frequent label',
  words: 'counting words',
  'public embeddings': 'the mean of the public word embeddings',
};

/** `remedies`: what else may be tried with this method, each a phrase. */
export function verdictOn(model: Evaluation, others: readonly Alone[], remedies: readonly string[]): Verdict {
  const [first, ...more] = others;
  if (!first) throw new RangeError('There is nothing to compare the model with.');
  const best = more.reduce((a, b) => (b.evaluation.accuracy > a.evaluation.accuracy ? b : a), first);
  const [mine, theirs] = [intervalOf(model), intervalOf(best.evaluation)];
  const adds = model.accuracy <= best.evaluation.accuracy ? 'nothing' : overlap(mine, theirs) ? 'unclear' : 'clear';
  const compared = `${percent(model.accuracy)} with the model, ${percent(best.evaluation.accuracy)} by ${NAMES[best.name]}, which needs nobody`;
  const examples = model.predictions.length;
  const text = {
    clear: `The model adds something: ${compared}. So large a difference is hardly chance.`,
    unclear: `The model may add something: ${compared}. On ${examples} examples that may be chance: measure on more of them.`,
    nothing: `The model adds nothing here: ${compared}. Try ${listed(['more examples of each label', ...remedies])}.`,
  };
  return { adds, best: best.name, text: text[adds] };
}

const overlap = ([low, high]: Interval, [otherLow, otherHigh]: Interval): boolean =>
  low <= otherHigh && otherLow <= high;

const listed = (items: readonly string[]): string =>
  items.length > 1 ? `${items.slice(0, -1).join(', ')} or ${items.at(-1)}` : items.join('');
