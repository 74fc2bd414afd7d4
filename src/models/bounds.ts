/**
 * What a pass opened beside what calibration saw. A value that strays inside the network can't be seen: it is shared. One that strays far
 * enough shows in the end, and an answer that no calibration text came near is then said to be doubtful.
 */
import type { ModelConfig } from './config';

/** In `config.ranges`: of rows of a tensor that is revealed, how long they are. */
export const normOf = (tensor: string): string => `${tensor}.norm`;

/** Further beyond a range than this part of it. */
const SLACK = 0.5;

/** Whether a sequence's row of the tensor that is opened is out of calibrated bounds; false where none are known. */
export function isAstray({ ranges }: Pick<ModelConfig, 'ranges'>, tensor: string, row: Float64Array): boolean {
  const norms = ranges?.[normOf(tensor)];
  if (norms) return isBeyond(norms, Math.hypot(...row));
  const values = ranges?.[tensor];
  return values !== undefined && row.some((x) => isBeyond(values, x));
}

function isBeyond([low, high]: readonly [number, number], x: number): boolean {
  const slack = SLACK * (high - low);
  return !(x >= low - slack && x <= high + slack);
}
