/** Which head: how it is fitted, and with how strong a penalty, by cross-validation on the examples that it is learned from. */
import type { SeededRandom } from '../random/generator';
import { fitDect } from './dect';
import { checkTask, descend, EXACT, type Head, type HeadTask, headLogits } from './head';
import { type Evaluation, evaluate } from './objective';

/** Candidates for C: from where the penalty leaves next to nothing of the features to where there is next to none of it. */
const STRENGTHS = Array.from({ length: 11 }, (_, i) => 10 ** (i / 2 - 2));
/** DecT has few parameters to hold back. */
const DECT_STRENGTHS = [0.01, 0.1, 1, 10];
const FOLDS = 5;
/** With so many examples one fold is measurement enough. */
const PLENTY = 2000;
/** C where there is nothing to choose it by: what is often chosen for features of length 1. */
const UNCHOSEN = 10;
/** Of the mean loss's gradient: enough to compare penalties by. */
const ROUGH = 3e-4;

/** `logistic regression` (head.ts), or prototypes and calibrated label words (dect.ts). */
export type FitName = 'logistic regression' | 'DecT';

interface Candidate {
  fit: FitName;
  c: number;
}

/** A way to fit, as it is chosen once and used again. */
export interface Chosen extends Candidate {
  head: Head;
}

/** Of examples each under a head that was fitted without it. */
export interface CrossValidation extends Evaluation {
  /** Which examples of the task these are, in the order of the predictions. */
  tested: number[];
}

export interface ChosenHead extends Chosen {
  /** Undefined where every class has one example only. */
  crossValidated?: CrossValidation;
}

/** A candidate in cross-validation. */
interface Tried extends Candidate {
  crossValidated: CrossValidation;
}

/**
 * The head whose C has the lowest loss in stratified cross-validation, of equals the strongest penalty's. An example that is the only one of its
 * class is in every fit and in no measurement. `random` decides the folds. `words`: calibrated label words' scores as a head on the same
 * features. Where there are any, DecT is tried too, and comes first of equals.
 * @throws RangeError as `fitHead` does.
 */
export function chooseHead(task: HeadTask, random: SeededRandom, words?: Head): ChosenHead {
  checkTask(task);
  const parts = partsOf(task, random);
  if (!parts) {
    const unchosen: Candidate = words ? { fit: 'DecT', c: 1 } : { fit: 'logistic regression', c: UNCHOSEN };
    return { head: fitted(task, unchosen, EXACT, { words }), ...unchosen };
  }
  const tryAll = (fit: FitName, strengths: readonly number[]): Tried[] => {
    const heads: (Head | undefined)[] = parts.map(() => undefined);
    return strengths.map((c) => {
      const crossValidated = measured(task, parts, (part, k) => {
        heads[k] = fitted(part, { fit, c }, ROUGH, { words, from: heads[k] });
        return heads[k]!;
      });
      return { fit, c, crossValidated };
    });
  };
  const tried = [...(words ? tryAll('DecT', DECT_STRENGTHS) : []), ...tryAll('logistic regression', STRENGTHS)];
  const { fit, c, crossValidated } = tried.reduce((a, b) => (b.crossValidated.loss < a.crossValidated.loss ? b : a));
  return { head: fitted(task, { fit, c }, EXACT, { words }), fit, c, crossValidated };
}

/**
 * The loss in cross-validation of heads fitted as one was before; of the class frequencies' where no class has two examples.
 * @throws RangeError as `fitHead` does.
 */
export function crossValidatedLoss(task: HeadTask, chosen: Candidate, random: SeededRandom, words?: Head): number {
  checkTask(task);
  const parts = partsOf(task, random);
  if (!parts) return Math.log(task.classes);
  return measured(task, parts, (part) => fitted(part, chosen, ROUGH, { words })).loss;
}

interface Part {
  training: HeadTask;
  tested: number[];
}

/** What is fitted to and what is measured in each fold; undefined where there is nothing to measure. */
function partsOf({ features, targets, classes, width }: HeadTask, random: SeededRandom): Part[] | undefined {
  const folds = foldsOf(targets, random);
  const used = targets.length < PLENTY ? FOLDS : 1;
  const parts = Array.from({ length: used }, (_, fold): Part => {
    const kept = [...targets.keys()].filter((i) => folds[i] !== fold);
    const training = { features: kept.map((i) => features[i]!), targets: kept.map((i) => targets[i]!), classes, width };
    return { training, tested: [...targets.keys()].filter((i) => folds[i] === fold) };
  }).filter(({ tested }) => tested.length > 0);
  return parts.length > 0 ? parts : undefined;
}

function measured(
  { features, targets, classes }: HeadTask,
  parts: readonly Part[],
  fit: (part: HeadTask, k: number) => Head,
): CrossValidation {
  const logits = new Map<number, Float64Array>();
  for (const [k, { training, tested }] of parts.entries()) {
    const head = fit(training, k);
    for (const i of tested) logits.set(i, headLogits(head, features[i]!));
  }
  const tested = [...targets.keys()].filter((i) => logits.has(i));
  const rows = tested.map((i) => logits.get(i)!);
  const own = tested.map((i) => targets[i]!);
  return { ...evaluate(rows, own, classes), tested };
}

function fitted(
  task: HeadTask,
  { fit, c }: Candidate,
  tolerance: number,
  { words, from }: { words?: Head; from?: Head },
): Head {
  if (fit === 'logistic regression') return descend(task, c, tolerance, from);
  if (!words) throw new Error('DecT without label words');
  return fitDect(task, words, c);
}

/** Which fold measures an example. Those of a class are dealt out in turn, one class after the other. */
function foldsOf(targets: readonly number[], random: SeededRandom): (number | undefined)[] {
  const folds = targets.map((): number | undefined => undefined);
  let turn = 0;
  for (const c of [...new Set(targets)].sort((a, b) => a - b)) {
    const members = [...targets.keys()].filter((i) => targets[i] === c);
    if (members.length < 2) continue;
    for (const i of random.shuffle(members)) folds[i] = turn++ % FOLDS;
  }
  return folds;
}
