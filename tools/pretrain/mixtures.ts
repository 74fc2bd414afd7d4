/** What pretraining practises, and the narrower diets that `npm run evaluate` compares it with. */
import type { Mixture } from './examples';

/** A mixture for every moment of a training, from 0 to 1. */
export type Diet = (progress: number) => Mixture;

const NOTHING: Mixture = { cloze: 0, opinion: 0, quality: 0, topic: 0, kind: 0 };

/** Plain text first, then ever more of how the model will be used. */
const everything: Diet = (progress) => {
  const late = Math.min(1, Math.max(0, (progress - 0.2) / 0.5));
  const blend = (early: number, end: number) => early + (end - early) * late;
  return { cloze: blend(0.4, 0.2), opinion: blend(0.25, 0.45), quality: 0.1, topic: 0.17, kind: 0.08 };
};

export const DIETS = {
  everything,
  'cloze and opinions': (progress) => {
    const { cloze, opinion } = everything(progress);
    return { ...NOTHING, cloze, opinion };
  },
  'cloze alone': () => ({ ...NOTHING, cloze: 1 }),
} satisfies Record<string, Diet>;

export type DietName = keyof typeof DIETS;
