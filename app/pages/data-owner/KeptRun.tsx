import { Card } from '../../components/Card';
import { Confirm } from '../../components/Confirm';
import { formatCount } from '../../lib/format';
import { forgetCheckpoint, takeUpTraining } from '../../party/training-actions';
import { useCheckpoint } from '../../stores/checkpoint';

/** A run that broke off, and can be gone on with or forgotten. */
export function KeptRun() {
  const { found, problem } = useCheckpoint();
  if (!found && !problem) return null;
  const where = found && `${found.unit} ${formatCount(found.done)} of ${formatCount(found.total)}`;
  return (
    <Card title="A run that stopped">
      {found && (
        <p className="small" data-testid="kept-run">
          A run ({found.method}) stopped after {where}, and is kept in this browser, encrypted, with its settings.{' '}
          {formatCount(found.numbers)} numbers were opened for it, which need not be opened again.
        </p>
      )}
      {problem && <p className="small">{problem}</p>}
      <div className="row">
        {found && (
          <button
            type="button"
            className="button button-main"
            disabled={problem !== undefined}
            onClick={takeUpTraining}
            data-testid="take-up"
          >
            Go on where it stopped
          </button>
        )}
        <Confirm
          trigger={
            <button type="button" className="button">
              Forget it
            </button>
          }
          title="Forget the run?"
          action="Forget it"
          testId="forget-run"
          onConfirm={forgetCheckpoint}
        >
          What was opened for it would have to be opened again.
        </Confirm>
      </div>
    </Card>
  );
}
