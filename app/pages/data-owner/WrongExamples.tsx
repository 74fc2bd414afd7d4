import type { Result } from '../../../src/session/messages';
import { Card } from '../../components/Card';
import { formatCount } from '../../lib/format';

/** More would be a page that nobody reads; all of them are in the archive. */
const SHOWN = 10;

/** What the model takes for something else, to be read: wrong labels in the data often stand among them. */
export function WrongExamples({ result: { wrong, measuredOn } }: { result: Pick<Result, 'wrong' | 'measuredOn'> }) {
  if (wrong.length === 0) return null;
  const more = wrong.length - SHOWN;
  return (
    <Card title="Labelled wrong">
      {measuredOn === 'cross-validation' && <p className="muted small">Each by a head that was learned without it.</p>}
      <ul className="stack small" data-testid="wrong-examples">
        {wrong.slice(0, SHOWN).map(({ file, row, text, label, predicted }) => (
          <li key={`${file} ${row}`} className="stack-tight">
            <p style={{ overflowWrap: 'anywhere' }}>{text}</p>
            <p className="muted">
              {file === 'evaluation' && 'Evaluation file, '}row {formatCount(row)}: <strong>{label}</strong>, taken for{' '}
              <strong>{predicted}</strong>
            </p>
          </li>
        ))}
      </ul>
      {more > 0 && <p className="small muted">… and {formatCount(more)} more, in the archive.</p>}
    </Card>
  );
}
