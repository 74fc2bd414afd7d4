/** What the data owner can do without the model, as pages and files call it. */
import type { AloneMeasurement } from '../../src/session/messages';

export const ALONE_NAMES: Record<AloneMeasurement['name'], string> = {
  majority: 'Always the most frequent label',
  words: 'Words and pairs of words',
  'public embeddings': 'Mean of the public word embeddings',
};
