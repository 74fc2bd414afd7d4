import { canNotify, useNotice } from '../stores/notice';

/** Offers to say outside this tab that a run is over. */
export function NotifyMe() {
  const { wanted, problem, want, unwant } = useNotice();
  if (!canNotify) return null;
  return (
    <div className="stack-tight small">
      <label className="check">
        <input
          type="checkbox"
          checked={wanted}
          onChange={(event) => (event.target.checked ? void want() : unwant())}
          data-testid="notify-me"
        />
        Tell me when it is done, by a notification
      </label>
      {problem && <p role="status">{problem}</p>}
    </div>
  );
}
