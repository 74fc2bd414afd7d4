/** What others report of their own systems, as their papers have it: nothing of it was measured here. Bytes. */
const [MB, GB, GiB] = [1e6, 1e9, 2 ** 30];

export interface Published {
  system: string;
  paper: string;
  /** Who has to be trusted for what. */
  setting: string;
  online?: number;
  /** Before the input is known. */
  preprocessing?: number;
  /** Where a paper does not tell the two apart. */
  together?: number;
  rounds?: number;
  note?: string;
}

/** BERT-base, one text of 128 tokens. */
export const BERT_BASE: readonly Published[] = [
  {
    system: 'SIGMA',
    paper: 'Gupta et al., PETS 2024',
    setting: 'two semi-honest parties and a dealer (function secret sharing)',
    online: 0.99 * GiB,
    preprocessing: 16.8 * GB,
    rounds: 1128,
  },
  {
    system: 'FuseFSS',
    paper: 'Ma et al., arXiv 2606.09551',
    setting: 'two semi-honest parties and a dealer (function secret sharing)',
    online: 0.83 * GiB,
    preprocessing: 12.7 * GiB,
    rounds: 1116,
  },
  {
    system: 'NEXUS',
    paper: 'Zhang et al., NDSS 2025',
    setting: 'two semi-honest parties, no dealer (homomorphic encryption)',
    together: 164 * MB,
    note: '1,125 s at 100 Mbit/s',
  },
  {
    system: 'BumbleBee',
    paper: 'Lu et al., NDSS 2025',
    setting: 'two semi-honest parties, no dealer (homomorphic encryption and oblivious transfer)',
    together: 6.4 * GB,
  },
  {
    system: 'CrypTen',
    paper: 'Knott et al., NeurIPS 2021',
    setting: 'two semi-honest parties and a dealer',
    together: 8.3 * GB,
  },
  {
    system: 'SHAFT',
    paper: 'Kei and Chow, NDSS 2025',
    setting: 'two semi-honest parties and a dealer',
    together: 10.5 * GB,
    rounds: 1495,
  },
  {
    system: 'PUMA',
    paper: 'Dong et al., arXiv 2307.12533',
    setting: 'three semi-honest parties, no two of whom collude (replicated sharing)',
    together: 10.8 * GB,
  },
];

/** RoBERTa-large, an iteration of forward-only tuning. */
export const SECP_TUNING = {
  paper: 'Luo et al., ICLR 2026 (arXiv 2506.15307)',
  features: 56.5 * GB,
  softmax: 205 * GB,
};
