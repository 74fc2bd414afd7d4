import { Card } from '../../components/Card';
import { Field } from '../../components/Field';
import { Progress } from '../../components/Progress';
import { formatCount } from '../../lib/format';
import { changeBudget } from '../../party/offer-actions';
import { useActivity } from '../../stores/activity';
import { budgetText, type ModelFiles, parseBudget, sequenceProblem, sequenceText, useOffer } from '../../stores/offer';
import { useSession } from '../../stores/session';
import { useTraffic } from '../../stores/traffic';
import { OfferEstimate } from './OfferEstimate';

/** How many numbers are opened to the data owner at most, of a text and in all: the bound on what answers can give away. */
export function Budget() {
  const { setBudget, setMostOfSequence, files, offered, used } = useOffer();
  const budget = useOffer(budgetText);
  const sequence = useOffer(sequenceText);
  const ready = useSession((session) => session.stage === 'ready');
  const activity = useActivity((state) => state.activity);
  const last = useTraffic((traffic) => traffic.passes.at(-1));
  const numbers = parseBudget(budget);
  const error = numbers === undefined && (files || budget) ? 'Type a positive whole number.' : undefined;
  const narrow = files && sequenceProblem(files, parseBudget(sequence));
  return (
    <Card step={offered === undefined ? 2 : undefined} title="Budget" done={numbers !== undefined && !narrow}>
      <Field label="Numbers opened at most of one text" help={files ? eachMeans(files) : undefined} error={narrow}>
        {(control) => (
          <input
            {...control}
            className="input"
            inputMode="numeric"
            value={sequence}
            disabled={offered !== undefined}
            onChange={(event) => setMostOfSequence(event.target.value)}
            data-testid="most-of-sequence"
          />
        )}
      </Field>
      <Field
        label="Numbers opened at most, in all sessions of this invitation"
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
          {ready && <BudgetMeter used={last?.budgetUsed ?? used} total={offered} />}
        </>
      ) : (
        files?.estimate && <OfferEstimate estimate={files.estimate} />
      )}
    </Card>
  );
}

/** What can be done with so many of a text. */
const eachMeans = ({ summary: { task, hidden_size: hidden } }: ModelFiles): string =>
  task === 'embedding'
    ? `Each text opens its whole vector, ${formatCount(hidden)} numbers.`
    : `With ${formatCount(hidden)} the whole state before the word it answers with, from which every word’s score follows: a head is learned from it with one pass a text. With fewer, only so many label words.`;

/** How many would be many. */
const meaningOf = ({ privateParameters }: ModelFiles): string =>
  `Enough of them let somebody imitate the model, which has ${formatCount(privateParameters)} private parameters; half as many numbers are suggested.`;

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
