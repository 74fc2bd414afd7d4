import { SeededRandom } from '../random/generator';
import { CmaEs, type CmaEsOptions } from './cma-es';
import { type Optimizer, type OptimizerName, optimizerStateSchema } from './optimizer';
import { RandomSearch } from './random-search';
import { SeparableCmaEs } from './separable-cma-es';
import { Spsa, type SpsaOptions } from './spsa';

/** @throws RangeError for options that make no sense. */
export function createOptimizer(name: OptimizerName, options: CmaEsOptions & SpsaOptions): Optimizer {
  return construct(name, options);
}

/**
 * The optimiser whose `state()` this is, going on as if it had never been away.
 * @throws Error for anything that is not such a state.
 */
export function restoreOptimizer(state: unknown): Optimizer {
  const parsed = optimizerStateSchema.parse(state);
  const { name, dimension, population, numbers } = parsed;
  const random = SeededRandom.restore(parsed.random);
  const optimizer = construct(name, { dimension, population, random, sigma: 1, active: numbers.active !== 0 });
  return optimizer.restore(parsed);
}

function construct(name: OptimizerName, options: CmaEsOptions & SpsaOptions) {
  switch (name) {
    case 'cma-es':
      return new CmaEs(options);
    case 'sep-cma-es':
      return new SeparableCmaEs(options);
    case 'spsa':
      return new Spsa(options);
    case 'random-search':
      return new RandomSearch(options);
  }
}
