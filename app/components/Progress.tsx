import { formatCount, formatSeconds } from '../lib/format';
import type { Activity } from '../stores/activity';

/** What is being worked on, how far it is, and how long it still takes if known. */
export function Progress({ activity }: { activity: Activity }) {
  const { label, done, total, secondsLeft } = activity;
  const known = total > 0;
  return (
    <div className="progress">
      <div className="row between small">
        <span>{label}</span>
        <span className="muted number">
          {[
            ...(total > 1 ? [`${formatCount(done)} of ${formatCount(total)}`] : []),
            ...(secondsLeft === undefined ? [] : [`${formatSeconds(secondsLeft)} left`]),
          ].join(' · ')}
        </span>
      </div>
      <div
        className="progress-track"
        role="progressbar"
        aria-label={label}
        aria-valuemin={known ? 0 : undefined}
        aria-valuemax={known ? total : undefined}
        aria-valuenow={known ? done : undefined}
        data-unknown={!known}
      >
        <div className="progress-fill" style={known ? { width: `${(100 * done) / total}%` } : undefined} />
      </div>
    </div>
  );
}
