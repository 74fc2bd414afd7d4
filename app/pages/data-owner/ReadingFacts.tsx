import { DELIMITERS, describeReading, ENCODINGS, QUOTES, type ReadAs, type Wishes } from '../../../src/data/read-as';
import { Field } from '../../components/Field';
import type { SkippedRows } from '../../data/messages';
import { counted, formatCount, sentence, sum } from '../../lib/format';

interface ReadingFactsProps {
  /** What was assumed of the file. */
  how: ReadAs;
  /** What was said instead, which may have failed. */
  wishes: Wishes | undefined;
  /** Of the table, and of the chosen columns. */
  skipped: (SkippedRows | undefined)[];
  testId: string;
  onChange(wishes: Wishes): void;
}

/** What was assumed of a file, with which it is read otherwise, and the rows that were left out. */
export function ReadingFacts({ how, wishes, skipped, testId, onChange }: ReadingFactsProps) {
  const count = sum(skipped.map((rows) => rows?.count ?? 0));
  const listed = skipped.flatMap((rows) => rows?.first ?? []).sort((a, b) => a.row - b.row);
  return (
    <div className="reading small">
      <details data-testid={testId}>
        <summary>
          <span className="muted">Read as:</span> {describeReading(how)}
          <span className="change">Change</span>
        </summary>
        <Controls how={{ ...how, ...wishes }} testId={testId} onChange={onChange} />
      </details>
      {count > 0 && (
        <details data-testid={`${testId}-skipped`}>
          <summary>{counted(count, 'row')} left out</summary>
          <ul className="list">
            {listed.map(({ row, why }) => (
              <li key={row}>
                Row {formatCount(row)}: {sentence(why)}
              </li>
            ))}
            {count > listed.length && <li>and {formatCount(count - listed.length)} more</li>}
          </ul>
        </details>
      )}
    </div>
  );
}

/** As many rows as titles and footers have. */
const SKIPS = Array.from({ length: 21 }, (_, rows) => rows);

type Choice = [value: string, name: string];

function Controls({ how, testId, onChange }: { how: ReadAs } & Pick<ReadingFactsProps, 'testId' | 'onChange'>) {
  const { delimiter, quote, header, encoding, skipFirst, skipLast, sheet, sheets } = how;
  const select = (
    name: keyof Wishes,
    label: string,
    value: unknown,
    choices: Choice[],
    wish: (value: string) => Wishes,
  ) =>
    value !== undefined && (
      <Field label={label}>
        {(control) => (
          <select
            {...control}
            className="input input-small"
            value={String(value)}
            onChange={(event) => onChange(wish(event.target.value))}
            data-testid={`${testId}-${name}`}
          >
            {choices.map(([each, text]) => (
              <option key={each} value={each}>
                {text}
              </option>
            ))}
          </select>
        )}
      </Field>
    );
  const rows = (now = 0): Choice[] =>
    [...new Set([...SKIPS, now])].map((count) => [String(count), count === 0 ? 'none' : formatCount(count)]);
  return (
    <div className="columns columns-small">
      {sheets &&
        select(
          'sheet',
          'Sheet',
          sheet,
          sheets.map((name) => [name, name]),
          (sheet) => ({ sheet }),
        )}
      {select('delimiter', 'Between columns', delimiter, Object.entries(DELIMITERS), (value) => ({
        delimiter: value as keyof typeof DELIMITERS,
      }))}
      {select('quote', 'Around cells', quote, Object.entries(QUOTES), (value) => ({
        quote: value as keyof typeof QUOTES,
      }))}
      {select(
        'header',
        'First row',
        header,
        [
          ['true', 'is the header'],
          ['false', 'is data'],
        ],
        (value) => ({ header: value === 'true' }),
      )}
      {select('encoding', 'Encoding', encoding, Object.entries(ENCODINGS), (value) => ({
        encoding: value as keyof typeof ENCODINGS,
      }))}
      {select('skipFirst', 'Skip at the start', skipFirst, rows(skipFirst), (value) => ({ skipFirst: Number(value) }))}
      {select('skipLast', 'Skip at the end', skipLast, rows(skipLast), (value) => ({ skipLast: Number(value) }))}
      {!encoding && !sheets && <p className="muted">The file itself says how it is read.</p>}
    </div>
  );
}
