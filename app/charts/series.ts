/** One quantity over time, and how it is drawn everywhere. */
export interface Series {
  key: string;
  name: string;
  color: string;
  /** Told apart without colour: dashes for lines. */
  dashed?: boolean;
}

export type Row = Record<string, number | undefined>;

/** Kinds of operation and phases keep their colour from chart to chart, whatever else is shown; waiting has the colour of whom
 * it waits for. */
const COLORS: Record<string, string> = {
  // What the parties send each other …
  mask: 'var(--series-6)',
  disclose: 'var(--series-1)',
  phase: 'var(--series-2)',
  open: 'var(--series-4)',
  // … what the dealer sends …
  linear: 'var(--series-1)',
  gate: 'var(--series-2)',
  contract: 'var(--series-4)',
  multiply: 'var(--series-5)',
  squares: 'var(--series-6)',
  // … and both. No chart shows the first two groups together, so they share colours.
  lift: 'var(--series-3)',
  readout: 'var(--series-7)',
  reveal: 'var(--series-7)',
  compute: 'var(--data-owner)',
  'waiting for peer': 'var(--model-owner)',
  'waiting for dealer': 'var(--dealer)',
  tuning: 'var(--series-6)',
};

const KNOWN = Object.keys(COLORS);

export function stackedSeries(keys: string[]): Series[] {
  const rank = (key: string) => (KNOWN.includes(key) ? KNOWN.indexOf(key) : KNOWN.length);
  const used = new Set(keys.map((key) => COLORS[key]));
  const free = [1, 2, 3, 4, 5, 6].map((n) => `var(--series-${n})`).filter((color) => !used.has(color));
  return keys
    .toSorted((a, b) => rank(a) - rank(b))
    .map((key) => ({ key, name: key, color: COLORS[key] ?? free.shift() ?? 'var(--series-7)' }));
}

/** A value that does not change, as a line across a chart. */
export interface Level extends Series {
  value: number;
}

/** An axis needs no digits that are zero. */
export const tidy = (text: string): string => text.replace(/\.0+(?=\s|$)/, '');
