import { Card } from '../../components/Card';
import { Field } from '../../components/Field';
import { Progress } from '../../components/Progress';
import { formatCount } from '../../lib/format';
import { changeBudget, offerModel } from '../../party/actions';
import { useActivity } from '../../stores/activity';
import { budgetText, canBeOffered, type ModelFiles, parseBudget, useOffer } from '../../stores/offer';
import { useSession } from '../../stores/session';
import { useTraffic } from '../../stores/traffic';
import { OfferEstimate } from './OfferEstimate';

/** How many numbers are opened to the data owner at most: the bound on what answers can give away. */
export function Budget() {
  const { setBudget, files, offered } = useOffer();
  const budget = useOffer(budgetText);
  const ready = useSession((session) => session.stage === 'ready');
  const activity = useActivity((state) => state.activity);
  const last = useTraffic((traffic) => traffic.passes.at(-1));
  const numbers = parseBudget(budget);
  const error = numbers === undefined && (files || budget) ? 'Type a positive whole number.' : undefined;
  return (
    <Card step={offered === undefined ? 2 : undefined} title="Budget" done={numbers !== undefined}>
      <Field
        label="Numbers opened at most in this session"
        help={
          files
            ? meaningOf(files)
            : 'All that the other side learns of your model’s answers. Your model suggests a limit.'
        }
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
              disabled={numbers === undefined || numbers === offered}
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
        <>
          {files?.estimate && <OfferEstimate estimate={files.estimate} />}
          <div className="row">
            <button
              type="button"
              className="button button-main"
              disabled={!canBeOffered(files) || numbers === undefined}
              onClick={offerModel}
              data-testid="offer-model"
            >
              Offer this model
            </button>
            {!files && <span className="muted small">Choose a model first.</span>}
            {files && !files.estimate && <span className="muted small">It has to be calibrated first.</span>}
          </div>
        </>
      )}
    </Card>
  );
}

/** What a number is, and how many would be many. */
function meaningOf({ summary: { task, hidden_size }, privateParameters }: ModelFiles): string {
  const each =
    task === 'embedding'
      ? `Each text opens ${formatCount(hidden_size)} numbers, its whole vector.`
      : 'Each text opens one number a label word.';
  return `${each} Enough of them let somebody imitate the model, which has ${formatCount(privateParameters)} private parameters; half as many numbers are suggested.`;
}

const BudgetMeter = ({ used, total }: { used: number; total: number }) => (
  <div className="progress" data-testid="budget-used">
    <div className="row between small">
      <span>Opened</span>
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
