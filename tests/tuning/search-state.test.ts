/** A search that is taken up from its state goes on as if it had never been away. */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/random/generator';
import { seedFromNumber } from '../../src/random/seed';
import { headOn } from '../../src/session/data-owner/methods/prompt-and-head';
import { optimizerNames } from '../../src/tuning/optimizer';
import { PromptSpace } from '../../src/tuning/prompt';
import {
  LABEL_WORDS,
  type Learned,
  type Objective,
  type Opened,
  type Purpose,
  repeatable,
  type Task,
  type TuningOptions,
  tuneFor,
} from '../../src/tuning/run';
import { type SearchState, searchStateSchema } from '../../src/tuning/search-state';

const DIMENSION = 5;
const WIDTH = 2;

const targets = Array.from({ length: 24 }, (_, i) => i % 2);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const task: Task = {
  targets,
  classes: 2,
  training: range(0, 12),
  validation: range(12, 18),
  evaluation: range(18, 24),
};

const space = new PromptSpace({
  ...{ tokens: 1, hidden: 4, dimension: DIMENSION, std: 1 },
  random: repeatable(4, 'projection')(),
});

const noise = targets.map((_, example) => {
  const random = new SeededRandom(seedFromNumber(example), 'row');
  return Float64Array.from({ length: WIDTH }, () => 0.5 * random.normal());
});

/** What is opened of an example under a prompt: both have their part in it, and nothing else. */
function row(prompt: Float32Array, example: number): Float64Array {
  const logits = noise[example]!.map((x, j) => x + (targets[example] === j ? 0.3 : 0));
  for (const [i, x] of prompt.entries()) logits[i % WIDTH]! += 0.2 * Math.sin(x * (example + 1 + i));
  return logits;
}

interface Seen {
  asked: [why: Purpose, examples: readonly number[], prompts: number[][]][];
  losses: number[];
  states: string[];
}

/** The whole search, or what is left of it from a state, and all that was seen of it. */
async function search<L extends Learned>(
  objective: Objective<L>,
  options: TuningOptions,
  from?: SearchState,
  watch?: (loss: number, state: string) => void,
) {
  const seen: Seen = { asked: [], losses: [], states: [] };
  const opened: Opened = async (prompts, examples, why) => {
    seen.asked.push([why, examples, prompts.map((prompt) => [...prompt])]);
    return prompts.flatMap((prompt) => examples.map((example) => row(prompt, example)));
  };
  const onGeneration = ({ loss }: { loss: number }, state: () => SearchState) => {
    const text = JSON.stringify(state());
    watch?.(loss, text);
    seen.losses.push(loss);
    seen.states.push(text);
  };
  const { learned: _, ...result } = await tuneFor(objective, task, space, opened, options, { onGeneration }, from);
  return { ...seen, result };
}

const options: TuningOptions = {
  ...{ optimizer: 'cma-es', dimension: DIMENSION, population: 6, batch: 8, generations: 7, sigma: 1 },
  ...{ evaluateEvery: 3, seed: 4 },
};

const words = () => LABEL_WORDS as Objective<Learned>;
const heads = () => headOn({ width: WIDTH, words: undefined }, 2, repeatable(4, 'folds')) as Objective<Learned>;

describe('a search taken up again', () => {
  it.each([
    ...optimizerNames.map((optimizer) => [optimizer, 'label words', words] as const),
    ['cma-es', 'a head', heads] as const,
  ])('by %s for %s asks and finds what the undisturbed one does, after every generation', async (optimizer, _, of) => {
    const chosen = { ...options, optimizer };
    const whole = await search(of(), chosen);
    expect(whole.losses).toHaveLength(7);
    for (const [k, text] of whole.states.entries()) {
      const rest = await search(of(), chosen, searchStateSchema.parse(JSON.parse(text)));
      expect(rest.losses).toEqual(whole.losses.slice(k + 1));
      expect(rest.states).toEqual(whole.states.slice(k + 1));
      expect(rest.asked).toEqual(whole.asked.slice(whole.asked.length - rest.asked.length));
      expect(rest.asked.filter(([why]) => why === 'generation')).toHaveLength(6 - k);
      expect(rest.result).toEqual(whole.result);
    }
  });

  it('and again every ten generations of two hundred goes the undisturbed way', async () => {
    const chosen = { ...options, generations: 200, evaluateEvery: 10 };
    const whole = await search(words(), chosen);
    const losses: number[] = [];
    let state: SearchState | undefined;
    while (losses.length < 200) {
      const leg: { losses: number[]; state?: string } = { losses: [] };
      // The state as it was kept last, whatever became of the session behind it.
      await search(words(), chosen, state, (loss, text) => {
        if (leg.losses.length === 10) throw new Error('broken off');
        leg.losses.push(loss);
        leg.state = text;
      }).catch((error: Error) => expect(error.message).toBe('broken off'));
      losses.push(...leg.losses);
      state = searchStateSchema.parse(JSON.parse(leg.state!));
    }
    expect(losses).toEqual(whole.losses);
    expect(JSON.stringify(state)).toBe(whole.states.at(-1));
  });

  it('that had run dry only ends', async () => {
    const chosen = { ...options, generations: 60, evaluateEvery: 1, patience: 2 };
    const whole = await search(words(), chosen);
    expect(whole.result.hasRunDry).toBe(true);
    const rest = await search(words(), chosen, searchStateSchema.parse(JSON.parse(whole.states.at(-1)!)));
    expect(rest.losses).toEqual([]);
    expect(rest.result).toEqual(whole.result);
  });
});
