import { counted, formatBytes, formatCount } from '../lib/format';
import { type Totals as Counted, useTraffic } from '../stores/traffic';
import { isBusy, useTraining } from '../stores/training';
import { Card } from './Card';
import { Note } from './Note';

interface Line {
  name: string;
  of(counted: Counted): number;
  format(n: number): string;
  testId: string;
}

const LINES: readonly Line[] = [
  { name: 'Texts computed', of: ({ sequences }) => sequences, format: formatCount, testId: 'total-sequences' },
  { name: 'Numbers opened', of: ({ numbers }) => numbers, format: formatCount, testId: 'total-numbers' },
  { name: 'Rounds', of: ({ rounds }) => rounds, format: formatCount, testId: 'total-rounds' },
  {
    name: 'To the model owner',
    of: ({ bytes }) => bytes.toModelOwner,
    format: formatBytes,
    testId: 'total-to-model-owner',
  },
  {
    name: 'To the data owner',
    of: ({ bytes }) => bytes.toDataOwner,
    format: formatBytes,
    testId: 'total-to-data-owner',
  },
  { name: 'From the dealer', of: ({ bytes }) => bytes.dealt, format: formatBytes, testId: 'total-dealt' },
];

/** Everything counted so far in this session; while a run is under way whose cost was estimated, what is still to come of it. */
export function Totals() {
  const totals = useTraffic((traffic) => traffic.totals);
  const budget = useTraffic((traffic) => traffic.passes.at(-1)?.budget);
  const whole = useWhole();
  return (
    <Card title="Exchanged so far">
      <table className="plain-table" data-testid="totals">
        {whole && (
          <thead>
            <tr>
              <td />
              <th scope="col" className="end">
                so far
              </th>
              <th scope="col" className="end">
                to come
              </th>
            </tr>
          </thead>
        )}
        <tbody>
          {LINES.map(({ name, of, format, testId }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="end number" data-testid={testId}>
                {format(of(totals))}
                {testId === 'total-numbers' && budget !== undefined && ` of ${formatCount(budget)}`}
              </td>
              {whole && (
                <td className="end number" data-testid={`${testId}-to-come`}>
                  {format(Math.max(0, of(whole) - of(totals)))}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {whole && <p className="small muted">To come: at most, as estimated before the start.</p>}
      {totals.ahead > 0 && (
        <p className="small" data-testid="total-ahead">
          {counted(totals.ahead, 'pass', 'passes')} of {formatCount(totals.passes)} used what was prepared ahead: what
          the dealer sent for {totals.ahead === 1 ? 'it' : 'them'} had come before.
        </p>
      )}
      {totals.astray > 0 && (
        <Note tone="warning" testId="astray">
          <p>
            Of {formatCount(totals.sequences)} texts {formatCount(totals.astray)} came out beyond everything that the
            model was calibrated on, and may well be wrong. Ask the model owner to calibrate it on texts that are more
            like yours.
          </p>
        </Note>
      )}
      {totals.clamped > 0 && (
        <Note tone="warning" testId="clamped">
          <p>
            {formatCount(totals.clamped)} numbers of your texts’ embeddings or prompts were too large for the run and
            went into it as the largest that are not, so answers may well be wrong. Nobody else sees that. Look for a
            smaller step size of the search, or another model.
          </p>
        </Note>
      )}
    </Card>
  );
}

/** What will have been counted when the run under way is through. */
function useWhole(): Counted | undefined {
  const expected = useTraining(({ phase, expected }) => (isBusy(phase) ? expected : undefined));
  if (!expected) return undefined;
  const { run, before } = expected;
  const { total, numbers } = run;
  return {
    ...before,
    sequences: before.sequences + total.sequences,
    numbers: before.numbers + numbers.total,
    rounds: before.rounds + total.rounds,
    bytes: {
      toModelOwner: before.bytes.toModelOwner + total.toModelOwner,
      toDataOwner: before.bytes.toDataOwner + total.toDataOwner,
      dealt: before.bytes.dealt + total.dealt,
    },
  };
}
