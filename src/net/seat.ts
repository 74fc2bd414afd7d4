/**
 * What a party says first to the server's dealer: with whom it belongs together, and which of the two it is. In a message and not in the
 * address, because proxies write addresses into logs.
 */
import { z } from 'zod';
import type { PartyRole } from './code';

export interface Seat {
  /** 32 hexadecimal digits; see seatName. */
  name: string;
  role: PartyRole;
}

/** In bytes. */
export const LONGEST_SEAT = 128;

const schema = z.strictObject({
  name: z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits'),
  role: z.enum(['data-owner', 'model-owner'], 'must be data-owner or model-owner'),
});

export class SeatError extends Error {
  override name = 'SeatError';
}

export const writeSeat = (seat: Seat): Uint8Array => new TextEncoder().encode(JSON.stringify(seat));

/** Throws SeatError that names the field. */
export function readSeat(chunk: Uint8Array): Seat {
  let value: unknown;
  try {
    if (chunk.length <= LONGEST_SEAT) value = JSON.parse(new TextDecoder().decode(chunk));
  } catch {
    // As bad as nothing.
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0] ?? { path: [], message: '' };
  throw new SeatError(
    path.length > 0
      ? `${path.join('.')} ${message}`
      : 'The first message has to say name and role, as JSON. Reload the page: it may be of another version.',
  );
}
