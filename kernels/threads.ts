/**
 * The kernels for a memory that several threads share, and how threads share a product (WebAssembly's threads proposal).
 *
 * The caller cuts a product into parts and puts their number on the board. Whoever takes it down by one has that part to do: the caller, and
 * helpers, which sleep while there is nothing. The caller goes on when no part is pending. A helper that is late finds no parts, so nobody
 * waits for one that has not begun; and while it has a part, the board does not change.
 */
import { contractPart, Product, scratchBytes, unitsOf } from './contract';

export * from './index';

@unmanaged
class Board {
  /** Parts that nobody has taken; below 0 where several looked at once. Helpers sleep on it. */
  free: i32;
  /** Parts that are not done. The caller sleeps on it. */
  pending: i32;
  parts: i32;
  call: usize;
  /** The caller's; that of the other threads follows, `scratchBytes` each. */
  scratch: usize;
  scratchBytes: usize;
  /** Parts that helpers have done, ever. */
  helped: i32;
}

const BOARD: usize = memory.data(32, 16);
const PENDING: usize = BOARD + offsetof<Board>('pending');
const HELPED: usize = BOARD + offsetof<Board>('helped');

/** Parts of a product a thread. More even out threads that are interrupted; each packs the right operand for itself. */
const PARTS: i32 = 4;

/** Takes a part and does it. Returns false where there is none left. */
function takePart(thread: i32): bool {
  if (atomic.load<i32>(BOARD) <= 0) return false;
  // By subtraction alone: V8's quick compiler loses a register over a compare-and-exchange.
  const part = atomic.sub<i32>(BOARD, 1) - 1;
  if (part < 0) return false;
  const board = changetype<Board>(BOARD);
  const product = changetype<Product>(board.call);
  const units = <i64>unitsOf(product);
  const parts = <i64>board.parts;
  const from = <i32>((units * <i64>part) / parts);
  const to = <i32>((units * <i64>(part + 1)) / parts);
  contractPart(product, board.scratch + <usize>thread * board.scratchBytes, from, to);
  return true;
}

function partDone(): void {
  if (atomic.sub<i32>(PENDING, 1) == 1) atomic.notify(PENDING, 1);
}

/** `contract` with the help of others; `scratch` has room for that many threads. May sleep, so not on a page's main thread. */
export function contractShared(call: usize, scratch: usize, threads: i32): void {
  const board = changetype<Board>(BOARD);
  const product = changetype<Product>(call);
  const parts = min(unitsOf(product), PARTS * threads);
  board.call = call;
  board.scratch = scratch;
  board.scratchBytes = scratchBytes(product);
  board.parts = parts;
  atomic.store<i32>(PENDING, parts);
  atomic.store<i32>(BOARD, parts);
  atomic.notify(BOARD, threads - 1);
  while (takePart(0)) partDone();
  for (let left = atomic.load<i32>(PENDING); left > 0; left = atomic.load<i32>(PENDING)) {
    atomic.wait<i32>(PENDING, left, -1);
  }
}

/** What a helper does, for ever: its thread is ended from without. `thread` ≥ 1. */
export function help(thread: i32): void {
  while (true) {
    if (takePart(thread)) {
      atomic.add<i32>(HELPED, 1);
      partDone();
    } else {
      const free = atomic.load<i32>(BOARD);
      if (free <= 0) atomic.wait<i32>(BOARD, free, -1);
    }
  }
}

/** How many parts helpers have done. */
export function helped(): i32 {
  return atomic.load<i32>(HELPED);
}
