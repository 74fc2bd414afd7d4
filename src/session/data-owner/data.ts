/** The data owner's examples, read by the tokenizer once however often settings change. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { labelsOf } from '../examples';
import type { DataOwnerCommands } from '../messages';
import type { Problem } from '../problem';
import type { OfferedModel } from './handshake';

/** Texts between two reports of progress. */
const STEP = 500;

export class Data {
  /** Training examples, then those for evaluation only. */
  readonly texts: readonly string[];
  /** One a text. */
  readonly labels: readonly string[];
  /** As a spreadsheet counts, one a text. */
  readonly rows: readonly number[];
  /** Where the examples for evaluation only begin, if there are any. */
  readonly evaluationFrom: number | undefined;
  /** Tokens of every text, once they were read. */
  readonly lengths: number[] = [];
  /** Indices of texts that the model's vocabulary cannot spell the most of, once they were read. */
  readonly illegible: number[] = [];
  private readonly tokens = new Map<string, number[]>();
  private known: string | undefined;

  constructor({ examples, evaluation }: DataOwnerCommands['data']) {
    const parts = evaluation ? [examples, evaluation] : [examples];
    this.texts = parts.flatMap(({ texts }) => texts);
    this.labels = parts.flatMap(labelsOf);
    this.rows = parts.flatMap(({ rows }) => [...rows]);
    this.evaluationFrom = evaluation && evaluation.texts.length > 0 ? examples.texts.length : undefined;
  }

  /** SHA-256 of all of them, in hexadecimal. */
  get digest(): string {
    const { texts, labels, rows, evaluationFrom } = this;
    this.known ??= bytesToHex(sha256(utf8ToBytes(JSON.stringify([texts, labels, rows, evaluationFrom ?? null]))));
    return this.known;
  }

  /** What is wrong with them whatever the settings. */
  problems(): Problem[] {
    const { labels, rows, evaluationFrom = labels.length } = this;
    const known = new Set(labels.slice(0, evaluationFrom));
    const problems: Problem[] = [];
    if (known.size < 2)
      problems.push({
        message:
          'All examples have the same label, and at least two labels are needed to tell apart. Choose another label column, or add examples of another label.',
      });
    const stranger = labels.findIndex((label) => !known.has(label));
    if (stranger >= 0) {
      const message = `Row ${rows[stranger]} of the evaluation file has the label “${labels[stranger]}”, which the other file lacks. Correct it there, or leave the row out.`;
      problems.push({ message });
    }
    return problems;
  }

  /** Reads all texts, the first time. What takes long is reported. */
  read({ config, tokenizer }: OfferedModel, onProgress: (done: number, total: number) => void): void {
    const { texts, tokens, lengths } = this;
    // As the model's sequences have it, so that none is read twice.
    const begin = config.task === 'embedding' ? '' : ' ';
    if (lengths.length > 0) return;
    for (const [i, text] of texts.entries()) {
      if (i % STEP === 0 && texts.length > STEP) onProgress(i, texts.length);
      const ids = tokens.get(begin + text) ?? tokenizer.encode(begin + text);
      tokens.set(begin + text, ids);
      lengths.push(ids.length);
      if (tokenizer.legible(ids) < 0.5) this.illegible.push(i);
    }
  }

  /** The model's tokenizer, but for texts that were read before. */
  remembering(tokenizer: OfferedModel['tokenizer']) {
    return {
      encode: (text: string) => this.tokens.get(text) ?? tokenizer.encode(text),
      wordToken: (word: string) => tokenizer.wordToken(word),
      pieces: (word: string) => tokenizer.pieces(word),
    };
  }
}
