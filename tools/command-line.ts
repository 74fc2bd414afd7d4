/** What the command-line tools share: quantities with units, numbers for people, errors without a stack. */

/** '100Mbit' with { Mbit: 1e6 } → 1e8. Throws for no positive number or an unknown unit. */
export function parseQuantity(option: string, text: string, units: Record<string, number>): number {
  const [, number = '', unit = ''] = /^([\d.]+)\s*([a-zA-Z]*)$/.exec(text.trim()) ?? [];
  const factor = units[unit];
  const value = Number(number) * (factor ?? Number.NaN);
  if (number === '' || !Number.isFinite(value)) {
    const known = Object.keys(units).filter(Boolean).join(', ');
    throw new Error(`${option} takes a number${known && ` with ${known}`}, not “${text}”`);
  }
  if (Object.keys(units).join() === '' && !Number.isInteger(value))
    throw new Error(`${option} takes a whole number, not “${text}”`);
  return value;
}

/** The names that an option lists. Throws for one that is not among these. */
export function among<T extends string>(
  option: string,
  given: string | undefined,
  known: readonly T[],
): T[] | undefined {
  return given?.split(',').map((name) => {
    const found = known.find((other) => other === name);
    if (found === undefined) throw new Error(`${option} takes ${known.join(', ')}, not “${name}”`);
    return found;
  });
}

export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(bytes >= 100 * size ? 0 : bytes >= 10 * size ? 1 : 2)} ${unit}`;
  }
  return bytes ? `${bytes} B` : '';
}

export const formatCount = (n: number): string => (n ? n.toLocaleString('en', { maximumSignificantDigits: 4 }) : '');

/** Runs a tool: --help prints `help`, an error is one line and exit code 1. */
export async function main(help: string, run: () => void | Promise<void>): Promise<void> {
  if (process.argv.includes('--help')) {
    console.log(help);
    return;
  }
  try {
    await run();
  } catch (error) {
    console.error(`${(error as Error).message}\n(--help tells the options)`);
    process.exitCode = 1;
  }
  // What a tool started may go on: the signalling server's timers cannot be stopped.
  process.exit();
}
