/** A result in a sentence for somebody who has texts to label, and not for somebody who tunes models. */
import type { Result } from '../../src/session/messages';

const inHundred = (fraction: number): number => Math.round(100 * fraction);

/** How far the figures can be taken for what new texts will bring. */
const CAVEATS: Record<Result['measuredOn'], string> = {
  evaluation: '',
  'cross-validation': '',
  validation: ' Expect somewhat fewer: the same examples chose the prompt.',
  training: ' Expect fewer: the same examples were learned from.',
};

export function meaningOf({ final, alone, measuredOn }: Pick<Result, 'final' | 'alone' | 'measuredOn'>): string {
  const [low, high] = final.interval;
  const majority = alone.find(({ name }) => name === 'majority');
  return (
    `Of a hundred texts like yours it labels about ${inHundred(final.accuracy)} right, between ${inHundred(low)} and ` +
    `${inHundred(high)} as far as ${final.examples} examples can tell` +
    (majority ? `; always saying the most frequent label would be right for ${inHundred(majority.accuracy)}.` : '.') +
    CAVEATS[measuredOn]
  );
}
