import type { Measurement, Result } from '../../../src/session/messages';
import { Card } from '../../components/Card';
import { Note } from '../../components/Note';
import { ALONE_NAMES } from '../../lib/alone-names';
import { counted, formatPercent } from '../../lib/format';

const TONES = { clear: 'good', unclear: 'plain', nothing: 'warning' } as const;

/** What the data owner could have done alone, with the same examples and measured on the same ones, and what the model adds to it. */
export function Comparison({ result: { method, final, alone, verdict } }: { result: Result }) {
  if (alone.length === 0) return null;
  return (
    <Card title="Beside what you could do alone">
      {verdict && (
        <Note tone={TONES[verdict.adds]} testId="verdict">
          <p>{verdict.text}</p>
        </Note>
      )}
      <table className="plain-table" data-testid="comparison">
        <thead>
          <tr>
            <td />
            <th scope="col" className="end">
              accuracy
            </th>
            <th scope="col" className="end">
              {formatPercent(0.95, 0)} interval
            </th>
          </tr>
        </thead>
        <tbody>
          <Line name={`The model with your ${method}`} of={final} />
          {alone.map((measurement) => (
            <Line key={measurement.name} name={ALONE_NAMES[measurement.name]} of={measurement} />
          ))}
        </tbody>
      </table>
      <p className="small muted">
        All with the same training examples, measured on the same {counted(final.examples, 'example')}. What needs no
        model was computed in this tab; nobody was asked anything for it.
      </p>
    </Card>
  );
}

const Line = ({ name, of: { accuracy, interval } }: { name: string; of: Measurement }) => (
  <tr>
    <th scope="row">{name}</th>
    <td className="end number">{formatPercent(accuracy)}</td>
    <td className="end number">
      {formatPercent(interval[0])} – {formatPercent(interval[1])}
    </td>
  </tr>
);
