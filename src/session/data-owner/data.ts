/** The data owner's examples, read by the tokenizer once however often settings change. */
import { labelsOf } from '../examples';
import type { DataOwnerCommands } from '../messages';
import type { Problem } from '../problem';

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
  private readonly tokens = new Map<string, number[]>();

  constructor({ examples, evaluation }: DataOwnerCommands['data']) {
    const parts = evaluation ? [examples, evaluation] : [examples];
    this.texts = parts.flatMap(({ texts }) => texts);
    this.labels = parts.flatMap(labelsOf);
    this.rows = parts.flatMap(({ rows }) => [...rows]);
    this.evaluationFrom = evaluation && evaluation.texts.length > 0 ? examples.texts.length : undefined;
  }

  /** What is wrong with them whatever the settings. */
  problems(): Problem[] {
    const { labels, rows, evaluationFrom = labels.length } = this;
    const known = new Set(labels.slice(0, evaluationFrom));
    const problems: Problem[] = [];
    if (known.size < 2) problems.push({ message: 'The data needs at least two labels to tell apart.' });
    const stranger = labels.findIndex((label) => !known.has(label));
    if (stranger >= 0) {
      const message = `Row ${rows[stranger]} of the evaluation file has the label “${labels[stranger]}”, which the training data lacks.`;
      problems.push({ message });
    }
    return problems;
  }

  /** A tokenizer that has read these texts and remembers them. What takes long the first time is reported. */
  read(tokenizer: { encode(text: string): number[] }, onProgress: (done: number, total: number) => void) {
    const { texts, tokens, lengths } = this;
    const encode = (text: string) => tokens.get(text) ?? tokenizer.encode(text);
    if (lengths.length === 0) {
      for (const [i, text] of texts.entries()) {
        if (i % STEP === 0 && texts.length > STEP) onProgress(i, texts.length);
        // As encoders ask for it: with a space before it.
        const ids = encode(` ${text}`);
        tokens.set(` ${text}`, ids);
        lengths.push(ids.length);
      }
    }
    return { encode };
  }
}
