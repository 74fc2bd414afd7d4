import { formatCount, formatSeconds } from '../../lib/format';
import { startTraining } from '../../party/training-actions';
import { type Prepared, usePreparation } from '../../stores/preparation';
import { useStock } from '../../stores/stock';
import { useConditions, useLeft } from './Checklist';
import { useExpectedRun, useRunTime } from './use-run-time';

/** The start, within reach wherever the page stands, with what it takes or what it lacks. */
export function ActionBar() {
  const { status, prepared } = usePreparation();
  const lacks = useConditions().find(({ done }) => !done);
  const making = useStock((stock) => stock.making !== undefined);
  const ready = status === 'prepared' && prepared !== undefined;
  return (
    <section className="action-bar" aria-label="Start">
      <p className="small" data-testid="start-status">
        {making ? (
          'Passes are being prepared ahead. Stop that, or wait, to start.'
        ) : ready ? (
          <>
            <Time prepared={prepared} />, and <Opened prepared={prepared} />
          </>
        ) : (
          lacks && `${lacks.name}: ${lacks.todo}`
        )}
      </p>
      <button
        type="button"
        className="button button-main"
        disabled={!ready || making}
        onClick={startTraining}
        data-testid="start"
      >
        Start training
      </button>
    </section>
  );
}

function Opened({ prepared }: { prepared: Prepared }) {
  const { total } = useExpectedRun(prepared).numbers;
  const left = useLeft();
  return (
    <>
      <span className="number">{formatCount(total)}</span> numbers opened to you
      {left !== undefined && total > left && <strong> — more than the {formatCount(left)} that may be</strong>}
    </>
  );
}

function Time({ prepared }: { prepared: Prepared }) {
  const { seconds, isNetworkOnly } = useRunTime(prepared);
  return (
    <>
      {!isNetworkOnly && 'About '}
      <strong className="number">{formatSeconds(seconds)}</strong> {isNetworkOnly ? 'for the network alone' : 'in all'}
    </>
  );
}
