/** One quantity over time, and how it is drawn everywhere. */
export interface Series {
  key: string;
  name: string;
  color: string;
  /** Told apart without colour: dashes for lines. */
  dashed?: boolean;
}

export type Row = Record<string, number | undefined>;

/** Kinds of operation and phases keep their colour from chart to chart, whatever else is shown. */
const KNOWN = [
  'linear',
  'gate',
  'product',
  'open',
  'lift',
  'readout',
  'input',
  'compute',
  'waiting for peer',
  'waiting for dealer',
  'tuning',
];
const COLORS: Record<string, number> = {
  linear: 3,
  gate: 2,
  product: 1,
  open: 4,
  lift: 5,
  readout: 6,
  input: 7,
  compute: 1,
  'waiting for peer': 3,
  'waiting for dealer': 2,
  tuning: 7,
};

export function stackedSeries(keys: string[]): Series[] {
  const rank = (key: string) => (KNOWN.includes(key) ? KNOWN.indexOf(key) : KNOWN.length);
  const used = new Set(keys.map((key) => COLORS[key]));
  const free = [1, 2, 3, 4, 5, 6, 7].filter((n) => !used.has(n));
  return keys
    .toSorted((a, b) => rank(a) - rank(b))
    .map((key) => ({ key, name: key, color: `var(--series-${COLORS[key] ?? free.shift() ?? 8})` }));
}
