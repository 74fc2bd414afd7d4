/** Sentence encoders on the hub that are known to run, for who has none of their own (`npm run check:models` measures both). */

export interface KnownEncoder {
  repository: string;
  description: string;
  layers: number;
  hidden: number;
  /** Of model.safetensors on the hub. */
  bytes: number;
}

export const KNOWN_ENCODERS: readonly KnownEncoder[] = [
  {
    repository: 'sentence-transformers/all-MiniLM-L6-v2',
    description: 'A general encoder of English sentences, trained on a billion pairs.',
    layers: 6,
    hidden: 384,
    bytes: 90_868_376,
  },
  {
    repository: 'BAAI/bge-small-en-v1.5',
    description: 'Twice as deep, and better at most tasks; takes about twice the time and traffic.',
    layers: 12,
    hidden: 384,
    bytes: 133_466_304,
  },
];
