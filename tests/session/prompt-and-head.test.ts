/** What a prompt is worth when a head is learned under it. */
import { describe, expect, it } from 'vitest';
import type { FeatureSpace } from '../../src/session/data-owner/methods/features';
import { headOn } from '../../src/session/data-owner/methods/prompt-and-head';
import { fitHead, headLogits } from '../../src/tuning/head';
import { crossEntropy } from '../../src/tuning/objective';
import { PromptSpace } from '../../src/tuning/prompt';
import { purpose, repeatable, type Task, tuneFor } from '../../src/tuning/run';

const WIDTH = 12;
const space = { width: WIDTH } as FeatureSpace;
const objective = () => headOn(space, 2, repeatable(3, 'folds'));

/** Noise, and so much of the class in one direction. */
function rows(targets: readonly number[], label: string, strength: number): Float64Array[] {
  const random = purpose(5, label);
  return targets.map((target) =>
    Float64Array.from({ length: WIDTH }, (_, k) => random.normal() + (k === 2 ? strength * (2 * target - 1) : 0)),
  );
}

const alternating = (count: number) => Array.from({ length: count }, (_, i) => i % 2);

describe('a candidate’s loss', () => {
  const targets = alternating(16);

  it('does not fall because a head can be fitted to its batch', () => {
    const noise = rows(targets, 'noise', 0);
    const features = noise.map((values) => ({ values }));
    const fitted = fitHead({ features, targets, classes: 2, width: WIDTH }, 1);
    const own = crossEntropy(
      features.map((row) => headLogits(fitted, row)),
      targets,
    );
    expect(own).toBeLessThan(0.6);
    expect(objective().loss(noise, targets)).toBeGreaterThan(Math.log(2) - 0.05);
  });

  it('falls the more the rows say of the classes', () => {
    const judge = objective();
    const losses = [0.5, 1.5, 4].map((strength) => judge.loss(rows(targets, 'noise', strength), targets));
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(losses[2]).toBeLessThan(0.3);
  });

  it('is of the same folds for every candidate', () => {
    const judge = objective();
    const some = rows(targets, 'noise', 1);
    expect(judge.loss(some, targets)).toBe(judge.loss(some, targets));
  });
});

describe('a search with a head under every prompt', () => {
  const targets = alternating(48);
  const indices = [...targets.keys()];
  const task = (validation: number): Task => ({
    targets,
    classes: 2,
    training: indices.slice(0, 24),
    validation: indices.slice(24, 24 + validation),
    evaluation: indices.slice(36),
  });
  const prompts = new PromptSpace({ tokens: 1, hidden: 2, dimension: 2, std: 1, random: purpose(1, 'space') });
  const options = {
    ...{ optimizer: 'cma-es' as const, dimension: 2, population: 6, batch: 8, generations: 12, sigma: 1 },
    ...{ evaluateEvery: 3, seed: 2 },
  };

  /** A model whose rows say more of the classes, `gain` of it, the larger the prompt's first number is. */
  const search = (gain: number, validation = 12, more: object = {}) => {
    const asked: number[] = [];
    const result = tuneFor(
      objective(),
      task(validation),
      prompts,
      async (given, examples, why) => {
        if (why === 'evaluation') asked.push(examples.length);
        const strengths = given.map(([first]) => 0.6 + gain * Math.tanh(first!));
        return strengths.flatMap((strength) => examples.map((i) => rows([targets[i]!], `row ${i}`, strength)[0]!));
      },
      { ...options, ...more },
    );
    return result.then((found) => ({ ...found, asked }));
  };

  it('finds a prompt under which held-out examples gain', async () => {
    const { baseline, final, bestGeneration, asked } = await search(3);
    expect(bestGeneration).toBeGreaterThan(0);
    expect(final.loss).toBeLessThan(baseline.loss - 0.05);
    // Training and validation examples at every look: before, after generations 1, 3, 6, 9, 12; and the two reports.
    expect(asked).toEqual([36, 12, 36, 36, 36, 36, 36, 12]);
  });

  it('keeps the head on the untuned prompt where no prompt makes a difference', async () => {
    const { baseline, final, bestGeneration, prompt, learned, hasRunDry } = await search(0, 12, { patience: 6 });
    expect(bestGeneration).toBe(0);
    expect(hasRunDry).toBe(true);
    expect(final).toEqual(baseline);
    expect(prompt).toEqual(prompts.at(new Float64Array(2)));
    expect(learned.head.width).toBe(WIDTH);
  });

  it('chooses by cross-validation where nothing is held out', async () => {
    const { asked, bestGeneration } = await search(3, 0);
    expect(asked).toEqual([24, 12, 24, 24, 24, 24, 24, 12]);
    expect(bestGeneration).toBeGreaterThan(0);
  });
});
