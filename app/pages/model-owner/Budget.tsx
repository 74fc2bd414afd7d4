import { Card } from '../../components/Card';
import { Field } from '../../components/Field';
import { formatCount } from '../../lib/format';
import { changeBudget, offerModel } from '../../party/actions';
import { parseBudget, useOffer } from '../../stores/offer';
import { useSession } from '../../stores/session';
import { useTraffic } from '../../stores/traffic';

/** How many sequences the model owner computes at most: the bound on what its answers can give away. */
export function Budget() {
  const { budget, setBudget, files, offered } = useOffer();
  const ready = useSession((session) => session.stage === 'ready');
  const last = useTraffic((traffic) => traffic.passes.at(-1));
  const sequences = parseBudget(budget);
  const error = sequences === undefined ? 'Type a positive whole number.' : undefined;
  return (
    <Card step={offered ? undefined : 2} title="Budget" done={!error}>
      <Field
        label="Sequences at most in this session"
        help="One text through the model is one sequence. A run of the default settings takes about 7,000."
        error={error}
      >
        {(control) => (
          <input
            {...control}
            className="input"
            inputMode="numeric"
            value={budget}
            onChange={(event) => setBudget(event.target.value)}
            data-testid="budget"
          />
        )}
      </Field>
      {offered ? (
        <>
          <div className="row">
            <button
              type="button"
              className="button"
              disabled={sequences === undefined || (last && sequences === last.budget)}
              onClick={changeBudget}
              data-testid="change-budget"
            >
              Change the budget
            </button>
            {!ready && <span className="muted">Offered. Waiting for the other two to agree.</span>}
          </div>
          {ready && <BudgetMeter used={last?.budgetUsed ?? 0} total={last?.budget ?? sequences ?? 0} />}
        </>
      ) : (
        <div className="row">
          <button
            type="button"
            className="button button-main"
            disabled={!files || sequences === undefined}
            onClick={offerModel}
            data-testid="offer-model"
          >
            Offer this model
          </button>
          {!files && <span className="muted small">Choose a model first.</span>}
        </div>
      )}
    </Card>
  );
}

const BudgetMeter = ({ used, total }: { used: number; total: number }) => (
  <div className="progress" data-testid="budget-used">
    <div className="row between small">
      <span>Used</span>
      <span className="number">
        {formatCount(used)} of {formatCount(total)}
      </span>
    </div>
    {/* biome-ignore lint/a11y/useSemanticElements: browsers let nobody style the element the same way */}
    <div
      className="progress-track"
      role="meter"
      aria-label="Budget used"
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={used}
    >
      <div className="progress-fill" style={{ width: `${total ? Math.min(100, (100 * used) / total) : 0}%` }} />
    </div>
  </div>
);
