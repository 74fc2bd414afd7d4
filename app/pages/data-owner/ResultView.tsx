import type { Result } from '../../../src/session/messages';
import { RunCharts } from '../../charts/RunCharts';
import { Card } from '../../components/Card';
import { Downloads } from '../../components/Downloads';
import { Note } from '../../components/Note';
import { SessionPanel } from '../../components/SessionPanel';
import { Totals } from '../../components/Totals';
import { counted, formatLoss, formatPercent, sentence } from '../../lib/format';
import { trainAgain } from '../../party/actions';
import { useTraining } from '../../stores/training';
import { Classify } from './Classify';
import { Confusion } from './Confusion';
import { EarlierRuns } from './EarlierRuns';

/** What came of the last run. */
const MEASURED_ON: Record<Result['measuredOn'], string> = {
  evaluation: 'kept aside for this',
  validation: 'that were not trained on, but chose the prompt',
  training: 'that were trained on: there were too few to hold any out',
};

export function ResultView({ ended }: { ended: boolean }) {
  const classifying = useTraining((state) => state.classifying);
  const run = useTraining(({ runs }) => runs.at(-1));
  const refusal = useTraining((training) => training.refusal);
  if (!run) return null;
  const { result, settings } = run;
  const { baseline, final, history } = result;
  const main = (
    <div className="stack">
      <Card
        title={result.ended === 'finished' ? 'Training finished' : 'Training stopped'}
        tail={
          !ended && (
            <button
              type="button"
              className="button button-small"
              onClick={trainAgain}
              disabled={classifying}
              data-testid="train-again"
            >
              Train again with other settings
            </button>
          )
        }
      >
        {refusal && (
          <Note tone="warning" testId="refusal">
            <p>{sentence(refusal)}</p>
          </Note>
        )}
        <div className="verdict" role="status">
          <span className="verdict-figure">
            <span className="muted">untuned</span>
            <strong className="number" data-testid="baseline-accuracy">
              {formatPercent(baseline.accuracy)}
            </strong>
          </span>
          <span className="verdict-figure" aria-hidden="true">
            <strong className="muted">→</strong>
          </span>
          <span className="verdict-figure" data-final="true">
            <span className="muted">tuned</span>
            <strong className="number" data-testid="final-accuracy">
              {formatPercent(final.accuracy)}
            </strong>
          </span>
        </div>
        <p className="muted">
          Accuracy on {counted(final.examples, 'example')} {MEASURED_ON[result.measuredOn]}; loss{' '}
          {formatLoss(baseline.loss)} → {formatLoss(final.loss)}.{' '}
          {result.bestGeneration === 0
            ? 'No generation beat the untuned prompt, so that one is kept. More generations, or a larger population or batch, may help.'
            : `The prompt kept is that of generation ${result.bestGeneration}.`}
        </p>
        {!ended && <Downloads run={run} />}
      </Card>
      {!ended && <Classify />}
      <Confusion evaluation={final} />
      <RunCharts history={history} baseline={baseline} generations={settings?.generations} />
    </div>
  );
  if (ended) return main;
  return (
    <div className="split">
      {main}
      <div className="stack aside">
        <SessionPanel />
        <Totals />
        <EarlierRuns />
      </div>
    </div>
  );
}
