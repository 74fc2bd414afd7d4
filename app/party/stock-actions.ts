/** What either owner can do about passes that are prepared ahead. */
import { send } from './current';

/** Has so many passes of what is prepared dealt ahead. */
export const prepareAhead = (passes: number): void => send({ type: 'stock', passes });

export const stopStock = (): void => send({ type: 'stopStock' });

export const unstock = (): void => send({ type: 'unstock' });
