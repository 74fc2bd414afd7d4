import type { TuningSettings } from '../../../src/session/messages';
import { Card } from '../../components/Card';
import { download } from '../../lib/download';
import { formatPercent } from '../../lib/format';
import { type FinishedRun, useTraining } from '../../stores/training';

/** The runs of this session beside each other, with what was set differently; training again loses nothing. */
export function RunsTable() {
  const runs = useTraining((training) => training.runs);
  if (runs.length < 2) return null;
  const differing = differences(runs);
  return (
    <Card title="Runs of this session">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section style={{ overflowX: 'auto' }} tabIndex={0} aria-label="Runs of this session, table">
        <table className="plain-table" data-testid="runs">
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Tuned</th>
              {differing.map((key) => (
                <th scope="col" key={key}>
                  {key}
                </th>
              ))}
              <th scope="col" className="end">
                Accuracy
              </th>
              <th scope="col" className="end">
                {formatPercent(0.95, 0)} interval
              </th>
              <th scope="col" className="end">
                Macro F1
              </th>
              <th scope="col">Result</th>
            </tr>
          </thead>
          <tbody>
            {runs.map(({ result, settings }, index) => (
              <tr key={index}>
                <th scope="row">{index + 1}</th>
                <td>{result.method}</td>
                {differing.map((key) => (
                  <td key={key} className="number">
                    {shown(settings?.[key])}
                  </td>
                ))}
                <td className="end number">{formatPercent(result.final.accuracy)}</td>
                <td className="end number">{result.final.interval.map((end) => formatPercent(end)).join(' – ')}</td>
                <td className="end number">{formatPercent(result.final.scores.macroF1)}</td>
                <td>
                  <button
                    type="button"
                    className="chip"
                    aria-label={`Download the ${result.method} of run ${index + 1}`}
                    onClick={() => save({ result, settings }, index)}
                  >
                    download
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p className="small muted">
        Figures of runs that were measured on different examples differ by chance, too: compare the intervals.
      </p>
    </Card>
  );
}

const save = ({ result: { file } }: FinishedRun, index: number): void =>
  download(file.name.replace('.', `-${index + 1}.`), file.bytes, 'application/octet-stream');

/** Settings that two runs do not share. */
function differences(runs: readonly FinishedRun[]): (keyof TuningSettings)[] {
  const keys = new Set(runs.flatMap(({ settings }) => Object.keys(settings ?? {}) as (keyof TuningSettings)[]));
  // The method has a column of its own.
  keys.delete('method');
  return [...keys].filter((key) => new Set(runs.map(({ settings }) => JSON.stringify(settings?.[key]))).size > 1);
}

const shown = (value: unknown): string =>
  value === undefined ? '–' : typeof value === 'object' ? Object.values(value as object).join(', ') : String(value);
