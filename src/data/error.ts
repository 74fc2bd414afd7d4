/** Where in a file something is wrong: `row` as a spreadsheet counts (the header is row 1), `column` by name. */
export interface Place {
  row?: number;
  column?: string;
}

/** Data that cannot be used. The message says what is wrong and where; `remedy` says what a person can do about it. */
export class DataError extends Error {
  override readonly name = 'DataError';
  readonly row?: number;
  readonly column?: string;

  constructor(
    message: string,
    readonly remedy: string,
    { row, column }: Place = {},
  ) {
    super(message);
    this.row = row;
    this.column = column;
  }
}
