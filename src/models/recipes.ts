/** How private matrices are made of stored tensors, one recipe each. */
import type { Matrix } from '../graph/matrix';
import type { Recipe } from './architecture';
import { afterNorm, dense, type NormWeights } from './folding';
import type { TensorSource } from './tensors';

/** A linear map by the name before `.weight` and `.bias`. */
export const mapNamed =
  (name: string): Recipe =>
  async (source) =>
    dense(await source.read(`${name}.weight`), await source.read(`${name}.bias`));

export const normNamed = async (source: TensorSource, name: string): Promise<NormWeights> => ({
  gamma: await source.read(`${name}.weight`),
  beta: await source.read(`${name}.bias`),
});

/** Reads what a norm wrote, of which the graph has neither γ nor β. `before` is undefined where the data owner applied them. */
export const reading = (before: string | undefined, recipe: Recipe): Recipe =>
  before ? async (source) => afterNorm(await recipe(source), await normNamed(source, before)) : recipe;

/** The recipe's matrix, changed. */
export const changed =
  (recipe: Recipe, change: (m: Matrix) => Matrix): Recipe =>
  async (source) =>
    change(await recipe(source));
