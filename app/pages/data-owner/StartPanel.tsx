import type { Estimate, WholeRun } from '../../../src/session/messages';
import { Card } from '../../components/Card';
import { Note } from '../../components/Note';
import { Progress } from '../../components/Progress';
import { counted, formatBytes, formatCount, formatSeconds, sentence } from '../../lib/format';
import { checkAgain } from '../../party/session-actions';
import { useActivity } from '../../stores/activity';
import { type Prepared, usePreparation, useProblems } from '../../stores/preparation';
import { useSession } from '../../stores/session';
import { useSettings } from '../../stores/settings';
import { useStock } from '../../stores/stock';
import { Checklist, useLeft } from './Checklist';
import { Previews } from './Previews';
import { useExpectedRun, useRunTime } from './use-run-time';

/** What a run would cost, known before it starts. */
export function StartPanel() {
  const { status, prepared } = usePreparation();
  const problems = useProblems();
  const activity = useActivity((state) => state.activity);
  return (
    <Card title="Estimate">
      <Checklist />
      <div aria-live="polite" className="stack">
        {activity ? (
          <Progress activity={activity} />
        ) : (
          status === 'checking' && <p className="muted">Checking data and settings against the model…</p>
        )}
        {problems.length > 0 && (
          <Note tone="bad" testId="invalid">
            {problems.map(({ message }) => (
              <p key={message}>{sentence(message)}</p>
            ))}
            <div>
              <button type="button" className="button button-small" onClick={checkAgain} data-testid="check-again">
                Check again
              </button>
            </div>
          </Note>
        )}
        {prepared && status !== 'invalid' && <Costs prepared={prepared} current={status === 'prepared'} />}
      </div>
    </Card>
  );
}

function Costs({ prepared, current }: { prepared: Prepared; current: boolean }) {
  const { estimate, warnings } = prepared;
  const { total, awaited, numbers } = useExpectedRun(prepared);
  const limits = useSession((session) => session.limits);
  return (
    <div className="stack" data-testid="estimate" style={current ? undefined : { opacity: 0.55 }}>
      {prepared.method === 'head' ? <HeadExamples prepared={prepared} /> : <SearchExamples prepared={prepared} />}
      <details data-testid="estimate-details">
        <summary className="small">
          {formatBytes(total.toModelOwner + total.toDataOwner)} between you, {formatBytes(awaited)} dealt,{' '}
          {counted(total.rounds, 'round')}
        </summary>
        <div className="stack">
          <EstimateTable unit={estimate.unit} run={{ total, awaited, numbers }} />
          {limits && (
            <p className="small" data-testid="limits">
              The model owner lets {formatCount(limits.sequence)} numbers of a text be opened, and offered{' '}
              {formatCount(limits.session)} in all.
            </p>
          )}
        </div>
      </details>
      <RunTime prepared={prepared} />
      {warnings.length > 0 && (
        <Note tone="warning">
          <ul className="list small">
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
          <FewerExamples prepared={prepared} />
        </Note>
      )}
      <Previews previews={prepared.previews} />
    </div>
  );
}

/** Where a person asks for more examples than the model owner lets be opened. */
function FewerExamples({ prepared }: { prepared: Prepared }) {
  const { numbers } = useExpectedRun(prepared);
  const left = useLeft();
  const { drafts, setDraft } = useSettings();
  const typed = (['shots', 'measured'] as const).filter((key) => drafts[key] !== '');
  if (prepared.method !== 'head' || left === undefined || numbers.total <= left || typed.length === 0) return null;
  return (
    <div>
      <button
        type="button"
        className="button button-small"
        onClick={() => {
          for (const key of typed) setDraft(key, '');
        }}
        data-testid="fewer-examples"
      >
        Take as many examples as may be
      </button>
    </div>
  );
}

const SearchExamples = ({ prepared: { method, training, heldOut, evaluation } }: { prepared: Prepared }) => (
  <p className="small">
    {counted(training, 'example')} to train on, {formatCount(heldOut)} to choose the prompt by,{' '}
    {formatCount(evaluation)} to measure it by.
    {method === 'prompt and head' && ' Under every prompt that is looked at a head is learned in this tab.'}
  </p>
);

/** Each text is computed once; what is learned from is the examples of each label. */
function HeadExamples({ prepared: { classes, settings, estimate, reading, fewer } }: { prepared: Prepared }) {
  const task = useSession(({ model }) => model?.task);
  const what = task === 'embedding' ? 'its vector' : OPENED[reading];
  return (
    <>
      <p className="small">
        Every text is computed once, filled up or cut to {counted(settings.tokens, 'token')} (words and pieces of
        words), and opens {formatCount(estimate.numbers.sequence)} numbers to you: {what}. From those a head, a last
        layer of your own, is learned in this tab.
      </p>
      <table className="plain-table" data-testid="classes">
        <thead>
          <tr>
            <th scope="col">{counted(classes.length, 'label')}</th>
            <th scope="col" className="end">
              to learn from
            </th>
            <th scope="col" className="end">
              to measure by
            </th>
          </tr>
        </thead>
        <tbody>
          {classes.map(({ label, training, evaluation }) => (
            <tr key={label}>
              <th scope="row" style={{ overflowWrap: 'anywhere' }}>
                {label}
              </th>
              <td className="end number">{formatCount(training)}</td>
              <td className="end number">{formatCount(evaluation)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {fewer && (
        <p className="small muted" data-testid="fewer">
          {fewer}
        </p>
      )}
    </>
  );
}

const OPENED = {
  state: 'the model’s answer before it becomes a word (its state)',
  words: 'how much the model leans to each label word (its logit)',
} as const;

function RunTime({ prepared }: { prepared: Prepared }) {
  const { seconds, basis, isNetworkOnly } = useRunTime(prepared);
  const want = useStock((stock) => stock.want);
  return (
    <p className="small" data-testid="run-time">
      {isNetworkOnly ? 'Network alone' : 'About'} <strong className="number">{formatSeconds(seconds)}</strong>{' '}
      {!isNetworkOnly && 'in all '}
      <span className="muted">
        ({basis}).{isNetworkOnly && ' Computing comes on top.'}
      </span>{' '}
      <button type="button" className="button-inline" onClick={want} data-testid="want-ahead">
        Prepare ahead
      </button>
    </p>
  );
}

interface EstimateTableProps {
  unit: Estimate['unit'];
  run: Pick<WholeRun, 'total' | 'awaited' | 'numbers'>;
}

function EstimateTable({ unit, run: { total, awaited, numbers } }: EstimateTableProps) {
  const rows: [string, string, string][] = [
    ['Texts computed', formatCount(unit.sequences), formatCount(total.sequences)],
    ['Numbers opened to you', formatCount(unit.sequences * numbers.sequence), formatCount(numbers.total)],
    ['Rounds', formatCount(unit.rounds), formatCount(total.rounds)],
    ['To the model owner', formatBytes(unit.toModelOwner), formatBytes(total.toModelOwner)],
    ['To you', formatBytes(unit.toDataOwner), formatBytes(total.toDataOwner)],
    ['From the dealer', formatBytes(unit.dealt), formatBytes(awaited)],
  ];
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <td />
          <th scope="col" className="end">
            a {unit.name}
          </th>
          <th scope="col" className="end">
            whole run
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, once, whole]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className="end">{once}</td>
            <td className="end">{whole}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
