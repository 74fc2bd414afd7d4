/**
 * The line from the server to a page, over which its dealer deals: measured by a file that the server has, since it deals to nobody who merely asks.
 */
import { type Arrival, type Line, rateOf } from './line';

const ASKED = 5;
/** Whichever is reached first. */
const MOST_BYTES = 2 << 20;
const MOST_MS = 700;

/** `url`: a file that does not compress. Takes a second or two; rejects with an Error when the server does not answer, or `signal` aborts. */
export async function measureServer(url: string, signal: AbortSignal): Promise<Line> {
  let roundTripMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ASKED; i++) {
    const asked = performance.now();
    await ask(url, 'HEAD', signal);
    // The first makes the connection.
    if (i > 0) roundTripMs = Math.min(roundTripMs, performance.now() - asked);
  }
  const reader = (await ask(url, 'GET', signal)).body?.getReader();
  const began = performance.now();
  // A busy page may be given all of it as one piece.
  const arrivals: Arrival[] = [{ at: began, bytes: 0 }];
  for (let bytes = 0; reader && bytes < MOST_BYTES && performance.now() - began < MOST_MS; ) {
    const { value, done } = await reader.read();
    if (done) break;
    arrivals.push({ at: performance.now(), bytes: value.length });
    bytes += value.length;
  }
  await reader?.cancel();
  const bandwidth = rateOf(arrivals);
  if (bandwidth === 0) throw new Error('too little came through to tell how fast the connection is');
  return { roundTripMs, bandwidth };
}

async function ask(url: string, method: 'HEAD' | 'GET', signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { method, signal, cache: 'no-store' });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response;
}
