import type { HeadResult, PromptResult, Result } from '../../../src/session/messages';
import { PassCharts } from '../../charts/PassCharts';
import { RunCharts } from '../../charts/RunCharts';
import { Card } from '../../components/Card';
import { Downloads } from '../../components/Downloads';
import { Note } from '../../components/Note';
import { SessionPanel } from '../../components/SessionPanel';
import { Totals } from '../../components/Totals';
import { counted, formatLoss, formatPercent, sentence } from '../../lib/format';
import { trainAgain } from '../../party/actions';
import { useTraffic } from '../../stores/traffic';
import { type FinishedRun, useTraining } from '../../stores/training';
import { Classify } from './Classify';
import { Comparison } from './Comparison';
import { Confusion } from './Confusion';
import { EarlierRuns } from './EarlierRuns';

const MEASURED_ON: Record<Result['measuredOn'], string> = {
  evaluation: 'kept aside for this',
  validation: 'that were not trained on, but chose the prompt',
  training: 'that were trained on: there were too few to hold any out',
  'cross-validation': 'that were trained on, each by a head learned without it: there were none kept aside',
};

/** What came of the last run. */
export function ResultView({ ended }: { ended: boolean }) {
  const classifying = useTraining((state) => state.classifying);
  const run = useTraining(({ runs }) => runs.at(-1));
  const refusal = useTraining((training) => training.refusal);
  if (!run) return null;
  const { result } = run;
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
        {result.method === 'prompt' ? <PromptFigures result={result} /> : <HeadFigures result={result} />}
        {!ended && <Downloads run={run} />}
      </Card>
      <Comparison result={result} />
      {!ended && <Classify />}
      <Confusion evaluation={result.final} />
      <Charts run={run} />
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

function Charts({ run: { result, settings } }: { run: FinishedRun }) {
  const passes = useTraffic((traffic) => traffic.passes);
  if (result.method === 'head') return <PassCharts passes={passes} viewer="data-owner" />;
  return <RunCharts history={result.history} baseline={result.baseline} generations={settings?.generations} />;
}

interface FigureProps {
  name: string;
  accuracy: number;
  final?: boolean;
  testId: string;
}

const Figure = ({ name, accuracy, final, testId }: FigureProps) => (
  <span className="verdict-figure" data-final={final}>
    <span className="muted">{name}</span>
    <strong className="number" data-testid={testId}>
      {formatPercent(accuracy)}
    </strong>
  </span>
);

function PromptFigures({ result }: { result: PromptResult }) {
  const { baseline, final, measuredOn, bestGeneration } = result;
  return (
    <>
      <div className="verdict" role="status">
        <Figure name="untuned" accuracy={baseline.accuracy} testId="baseline-accuracy" />
        <span className="verdict-figure" aria-hidden="true">
          <strong className="muted">→</strong>
        </span>
        <Figure name="tuned" accuracy={final.accuracy} testId="final-accuracy" final />
      </div>
      <p className="muted">
        Accuracy on {counted(final.examples, 'example')} {MEASURED_ON[measuredOn]}; loss {formatLoss(baseline.loss)} →{' '}
        {formatLoss(final.loss)}.{' '}
        {bestGeneration === 0
          ? 'No generation beat the untuned prompt, so that one is kept. More generations, or a larger population or batch, may help.'
          : `The prompt kept is that of generation ${bestGeneration}.`}
      </p>
    </>
  );
}

function HeadFigures({ result }: { result: HeadResult }) {
  const { final, measuredOn, crossValidated, trained } = result;
  return (
    <>
      <div className="verdict" role="status">
        <Figure name="with the model" accuracy={final.accuracy} testId="final-accuracy" final />
      </div>
      <p className="muted">
        Accuracy on {counted(final.examples, 'example')} {MEASURED_ON[measuredOn]}; loss {formatLoss(final.loss)}. The
        head was learned from {counted(trained, 'example')}
        {measuredOn === 'evaluation' && crossValidated && (
          <>
            , on which it has{' '}
            <span className="number" data-testid="cross-validated">
              {formatPercent(crossValidated.accuracy)}
            </span>{' '}
            in cross-validation
          </>
        )}
        .
      </p>
    </>
  );
}
