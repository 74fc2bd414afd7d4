/** The ways of attending that can be run. */
import type { ModelConfig } from '../config';
import type { Attention } from './attention';
import { randomFeatures } from './random-features';
import { softmax } from './softmax';

const ATTENTIONS: { readonly [K in ModelConfig['attention']]: Attention } = { rfa: randomFeatures, softmax };

export const attentionOf = ({ attention }: Pick<ModelConfig, 'attention'>): Attention => ATTENTIONS[attention];
