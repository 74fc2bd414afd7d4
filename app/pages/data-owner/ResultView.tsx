import type { HeadResult, PromptResult, Result } from '../../../src/session/messages';
import { PassCharts } from '../../charts/PassCharts';
import { RunCharts } from '../../charts/RunCharts';
import { Card } from '../../components/Card';
import { Downloads } from '../../components/Downloads';
import { Note } from '../../components/Note';
import { SessionPanel } from '../../components/SessionPanel';
import { Totals } from '../../components/Totals';
import { counted, formatLoss, formatPercent, sentence } from '../../lib/format';
import { meaningOf } from '../../lib/meaning';
import { trainAgain } from '../../party/training-actions';
import { useTraffic } from '../../stores/traffic';
import { type FinishedRun, useTraining } from '../../stores/training';
import { Classify } from './Classify';
import { Comparison } from './Comparison';
import { Confusion } from './Confusion';
import { KeptRun } from './KeptRun';
import { RunsTable } from './RunsTable';
import { WrongExamples } from './WrongExamples';

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
        <p className="meaning" data-testid="meaning">
          {meaningOf(result)}
        </p>
        {result.method === 'head' ? <HeadFigures result={result} /> : <SearchFigures result={result} />}
        {!ended && <Downloads run={run} />}
      </Card>
      <Comparison result={result} />
      {!ended && <Classify />}
      <Confusion evaluation={result.final} />
      <WrongExamples result={result} />
      <RunsTable />
      <Charts run={run} />
    </div>
  );
  if (ended) return main;
  return (
    <div className="split work-first">
      {main}
      <div className="stack aside">
        <SessionPanel />
        <KeptRun />
        <Totals />
      </div>
    </div>
  );
}

function Charts({ run: { result, settings } }: { run: FinishedRun }) {
  const passes = useTraffic((traffic) => traffic.passes);
  const { baseline, alone } = useTraining();
  if (result.method === 'head') return <PassCharts passes={passes} viewer="data-owner" />;
  return <RunCharts history={result.history} baseline={baseline} alone={alone} generations={settings?.generations} />;
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

/** What a search sets out from and comes to, and how it is said that it came to nothing. */
const SEARCHES: Record<PromptResult['method'], { from: string; to: string; unbeaten: string; kept: string }> = {
  prompt: {
    from: 'untuned',
    to: 'tuned',
    unbeaten: 'No generation beat the untuned prompt, so that one is kept.',
    kept: 'The prompt kept is that of generation',
  },
  'prompt and head': {
    from: 'head alone',
    to: 'head and prompt',
    unbeaten:
      'No generation beat the head on the untuned prompt, so that one is kept: tuning the prompt gained nothing.',
    kept: 'The head kept is that on the prompt of generation',
  },
};

function SearchFigures({ result }: { result: PromptResult }) {
  const { method, baseline, final, measuredOn, bestGeneration, history, hasRunDry } = result;
  const { from, to, unbeaten, kept } = SEARCHES[method];
  return (
    <>
      <div className="verdict" role="status">
        <Figure name={from} accuracy={baseline.accuracy} testId="baseline-accuracy" />
        <span className="verdict-figure" aria-hidden="true">
          <strong className="muted">→</strong>
        </span>
        <Figure name={to} accuracy={final.accuracy} testId="final-accuracy" final />
      </div>
      <p className="muted">
        Accuracy on {counted(final.examples, 'example')} {MEASURED_ON[measuredOn]}; loss {formatLoss(baseline.loss)} →{' '}
        {formatLoss(final.loss)}.{' '}
        {bestGeneration === 0
          ? `${unbeaten} More generations, or a larger population or batch, may help.`
          : `${kept} ${bestGeneration}.`}
        {hasRunDry &&
          ` The search ended after ${counted(history.length, 'generation')}, since held-out examples had not gained for as long as its patience.`}
      </p>
    </>
  );
}

const FITS: Record<HeadResult['fit'], string> = {
  'logistic regression': 'logistic regression',
  DecT: 'label words and prototypes (DecT)',
};

function HeadFigures({ result }: { result: HeadResult }) {
  const { final, measuredOn, crossValidated, trained, fit } = result;
  return (
    <>
      <div className="verdict" role="status">
        <Figure name="with the model" accuracy={final.accuracy} testId="final-accuracy" final />
      </div>
      <p className="muted">
        Accuracy on {counted(final.examples, 'example')} {MEASURED_ON[measuredOn]}; loss {formatLoss(final.loss)}. The
        head was learned from {counted(trained, 'example')} by {FITS[fit]}
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
