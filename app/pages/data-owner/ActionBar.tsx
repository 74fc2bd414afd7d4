import { formatCount, formatSeconds } from '../../lib/format';
import { networkTime } from '../../lib/network-time';
import { startTraining } from '../../party/actions';
import { useDistance } from '../../stores/distance';
import { usePreparation } from '../../stores/preparation';
import { useConditions } from './Checklist';

/** The start, within reach wherever the page stands, with what it takes or what it lacks. */
export function ActionBar() {
  const { status, prepared } = usePreparation();
  const lacks = useConditions().find(({ done }) => !done);
  const measured = useDistance();
  const ready = status === 'prepared' && prepared !== undefined;
  return (
    <section className="action-bar" aria-label="Start">
      <p className="small" data-testid="start-status">
        {ready ? (
          <>
            <strong className="number">
              {formatSeconds(networkTime({ ...prepared.estimate, ...prepared.estimate.total }, measured).seconds)}
            </strong>{' '}
            of network time, and <span className="number">{formatCount(prepared.estimate.numbers.total)}</span> numbers
            opened to you
          </>
        ) : (
          lacks && `${lacks.name}: ${lacks.todo}`
        )}
      </p>
      <button
        type="button"
        className="button button-main"
        disabled={!ready}
        onClick={startTraining}
        data-testid="start"
      >
        Start training
      </button>
    </section>
  );
}
