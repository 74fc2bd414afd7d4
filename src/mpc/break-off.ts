/**
 * What ends a pass and not the session: this side's device is lost, or what it kept of correlations, or the other side says that it cannot
 * go on.
 */
import { DeviceLost } from '../compute/backend';
import { Interruption } from './flight';

/** Correlations that were kept on this side cannot be had, or must not be used. */
export class CorrelationsLost extends Error {
  override name = 'CorrelationsLost';
}

/** What this side cannot go on for. */
export type Loss = DeviceLost | CorrelationsLost;

export const isLoss = (error: unknown): error is Loss =>
  error instanceof DeviceLost || error instanceof CorrelationsLost;

export const isBreakOff = (error: unknown): error is Loss | Interruption =>
  isLoss(error) || error instanceof Interruption;

/**
 * Halves of an exchange, or strands of a pass, all of which end by `end`. When one breaks off, the others are told by it and waited for, so that
 * afterwards nothing of them is under way: no message goes out behind the news, and none is awaited by somebody who would take it for
 * another's. A loss that the other side's interruption met has that for its cause. Any other error is passed on at once.
 */
export async function together<T>(end: AbortController, ...halves: Promise<T>[]): Promise<T[]> {
  try {
    return await Promise.all(halves);
  } catch (error) {
    end.abort(error);
    if (!isBreakOff(error)) throw error;
    const failures = (await Promise.allSettled(halves)).flatMap((half): unknown[] =>
      half.status === 'rejected' ? [half.reason] : [],
    );
    const [worse] = failures.filter((failure) => !isBreakOff(failure));
    if (worse) throw worse;
    const lost = failures.find(isLoss);
    const interruption = failures.find((failure) => failure instanceof Interruption);
    if (!lost || !interruption) throw error;
    const Kind = lost instanceof DeviceLost ? DeviceLost : CorrelationsLost;
    throw new Kind(lost.message, { cause: interruption });
  }
}
