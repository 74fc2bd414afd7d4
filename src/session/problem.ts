/** What a person has to change before work can begin. */

export interface Problem {
  /** A sentence: what is wrong, and what to do. */
  message: string;
  /** The setting it is about, or `labelWords.LABEL`. Without one it is about the data, or about the moment. */
  field?: string;
  /** Values that would do. */
  suggestions?: string[];
}

/** Everything that is wrong at once, so that a person need not find it piece by piece. */
export class ProblemsError extends Error {
  override readonly name = 'ProblemsError';

  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(({ message }) => message).join('\n'));
  }
}
