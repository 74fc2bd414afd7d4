/** A graph that cannot be planned; the message names the tensor. */
export class PlanError extends Error {
  override name = 'PlanError';
}

/** More than 64 bits: a lower precision may do. */
export class TooWideError extends PlanError {}
