import { DEFAULT_SETTINGS } from '../../../src/session/defaults';
import { Card } from '../../components/Card';
import { Field } from '../../components/Field';
import { Progress } from '../../components/Progress';
import { formatCount } from '../../lib/format';
import { changeBudget, offerModel } from '../../party/actions';
import { useActivity } from '../../stores/activity';
import { parseBudget, useOffer } from '../../stores/offer';
import { useSession } from '../../stores/session';
import { useTraffic } from '../../stores/traffic';

const { generations, population, batch, heldOut, evaluateEvery } = DEFAULT_SETTINGS;
/** Its passes, and its measurements: before, between and after. */
const DEFAULT_RUN = generations * population * batch + (generations / evaluateEvery + 2) * heldOut;

/** How many sequences the model owner computes at most: the bound on what its answers can give away. */
export function Budget() {
  const { budget, setBudget, files, offered } = useOffer();
  const ready = useSession((session) => session.stage === 'ready');
  const activity = useActivity((state) => state.activity);
  const last = useTraffic((traffic) => traffic.passes.at(-1));
  const sequences = parseBudget(budget);
  const error = sequences === undefined ? 'Type a positive whole number.' : undefined;
  return (
    <Card step={offered === undefined ? 2 : undefined} title="Budget" done={!error}>
      <Field
        label="Sequences at most in this session"
        help={`One text through the model is one sequence. A run of the default settings takes about ${formatCount(DEFAULT_RUN)}.`}
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
      {offered !== undefined ? (
        <>
          <div className="row">
            <button
              type="button"
              className="button"
              disabled={sequences === undefined || sequences === offered}
              onClick={changeBudget}
              data-testid="change-budget"
            >
              Change the budget
            </button>
            {!ready && !activity && <span className="muted">Offered. Waiting for the other two to agree.</span>}
          </div>
          {!ready && activity && <Progress activity={activity} />}
          {ready && <BudgetMeter used={last?.budgetUsed ?? 0} total={offered} />}
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
