import { Card } from '../../components/Card';
import { download } from '../../lib/download';
import { formatPercent } from '../../lib/format';
import { useTraining } from '../../stores/training';

/** The runs before the one shown, so that training again loses nothing. */
export function EarlierRuns() {
  const runs = useTraining((training) => training.runs);
  const phase = useTraining((training) => training.phase);
  const earlier = phase === 'finished' ? runs.slice(0, -1) : runs;
  if (earlier.length === 0) return null;
  return (
    <Card title="Earlier runs">
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">Accuracy</th>
            <th scope="col">Result</th>
          </tr>
        </thead>
        <tbody>
          {earlier.map(({ result }, index) => (
            <tr key={index}>
              <th scope="row">{index + 1}</th>
              <td>
                {result.method !== 'head' && `${formatPercent(result.baseline.accuracy)} → `}
                {formatPercent(result.final.accuracy)}
              </td>
              <td>
                <button
                  type="button"
                  className="chip"
                  aria-label={`Download the ${result.method} of run ${index + 1}`}
                  onClick={() =>
                    download(
                      result.file.name.replace('.', `-${index + 1}.`),
                      result.file.bytes,
                      'application/octet-stream',
                    )
                  }
                >
                  download
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
