/** By name alone, for Node: the scenes themselves need a browser. */
export const SCENE_NAMES = [
  'lobby',
  'invited',
  'data-waiting',
  'data-ready',
  'data-invalid',
  'training-first',
  'training',
  'stopping',
  'result',
  'data-ended',
  'encoder-ready',
  'encoder-loaded',
  'encoder-training',
  'encoder-result',
  'model-choice',
  'model-uncalibrated',
  'model-calibrating',
  'model-calibrated',
  'model-too-large',
  'model-offering',
  'model-passes',
  'model-ended',
  'dealer-waiting',
  'dealer',
] as const;

export type SceneName = (typeof SCENE_NAMES)[number];
