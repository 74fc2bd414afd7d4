/** Every architecture by its config.json's model_type. */
import type { Architecture } from '../architecture';
import type { ModelConfig } from '../config';
import { bert } from './bert';
import { distilbert } from './distilbert';
import { gpt2 } from './gpt2';
import { roberta, xlmRoberta } from './roberta';

const ARCHITECTURES: readonly Architecture[] = [bert, distilbert, gpt2, roberta, xlmRoberta];

const byType = new Map(ARCHITECTURES.map((architecture) => [architecture.modelType, architecture]));

export const knownArchitectures = (): string[] => [...byType.keys()];

export const architectureNamed = (modelType: string): Architecture | undefined => byType.get(modelType);

/** Throws, saying what is known, for a model_type that is not. */
export function architectureOf({ model_type }: Pick<ModelConfig, 'model_type'>): Architecture {
  const architecture = architectureNamed(model_type);
  if (!architecture)
    throw new Error(`models of the type ${model_type} are not known; ${knownArchitectures().join(', ')} can be run`);
  return architecture;
}
