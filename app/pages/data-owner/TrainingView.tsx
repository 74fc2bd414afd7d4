import { choiceOf } from '../../../src/session/choices';
import { ANY_OFFER } from '../../../src/session/settings';
import { PassCharts } from '../../charts/PassCharts';
import { RunCharts } from '../../charts/RunCharts';
import { Card } from '../../components/Card';
import { Note } from '../../components/Note';
import { NotifyMe } from '../../components/NotifyMe';
import { Progress } from '../../components/Progress';
import { RoundPicture } from '../../components/RoundPicture';
import { SessionPanel } from '../../components/SessionPanel';
import { Stat, Stats } from '../../components/Stats';
import { Totals } from '../../components/Totals';
import { formatCount, formatLoss, formatPercent, formatSeconds } from '../../lib/format';
import { pauseTraining, resumeTraining, stopTraining } from '../../party/training-actions';
import { useActivity } from '../../stores/activity';
import { useCheckpoint } from '../../stores/checkpoint';
import { useOfferIn } from '../../stores/session';
import { useTraffic } from '../../stores/traffic';
import { type TrainingPhase, useTraining } from '../../stores/training';

/** A run under way, or as far as it came. */
export function TrainingView({ ended }: { ended: boolean }) {
  const offer = useOfferIn();
  const { history, baseline, alone, settings } = useTraining();
  const isHead = choiceOf(offer ?? ANY_OFFER, settings ?? {}).method === 'head';
  const passes = useTraffic((traffic) => traffic.passes);
  const unkept = useCheckpoint(({ found, problem }) => (found ? undefined : problem));
  const charts = isHead ? (
    <PassCharts passes={passes} viewer="data-owner" />
  ) : (
    <RunCharts history={history} baseline={baseline} alone={alone} generations={settings?.generations} />
  );
  if (ended) return charts;
  return (
    <div className="split work-first">
      <div className="stack">
        {unkept && <Note tone="warning">{unkept}</Note>}
        {isHead ? <HeadCard /> : <SearchCard />}
        <RoundPicture />
        {charts}
      </div>
      <div className="stack aside">
        <SessionPanel />
        <Totals />
      </div>
    </div>
  );
}

const STATUS: Record<TrainingPhase, string> = {
  setup: '',
  running: 'Training',
  pausing: 'Finishing this pass, then pausing…',
  paused: 'Paused',
  stopping: 'Finishing this pass…',
  interrupted: 'Interrupted',
  finished: 'Finished',
};

function SearchCard() {
  const { phase, history, settings, baseline, secondsLeft } = useTraining();
  const activity = useActivity((state) => state.activity);
  const last = history.at(-1);
  const accuracy = history.findLast((record) => record.accuracy !== undefined)?.accuracy;
  const generations = settings?.generations ?? 0;
  return (
    <Card title={<span data-testid="training-state">{STATUS[phase]}</span>} tail={<Controls phase={phase} />}>
      <Progress activity={{ label: 'Generations', done: history.length, total: generations, secondsLeft }} />
      {activity ? <Progress activity={activity} /> : <p className="small muted">{WAITING[phase]}</p>}
      <p className="unseen" aria-live="polite">
        {last && `Generation ${last.generation} of ${generations}: loss ${formatLoss(last.loss)}.`}
      </p>
      <Stats>
        <Stat name="generation">
          <span data-testid="generation-count">{formatCount(history.length)}</span>
          <span className="muted"> of {formatCount(generations)}</span>
        </Stat>
        <Stat name="mean loss">{last ? formatLoss(last.loss) : '–'}</Stat>
        <Stat name="untuned accuracy" testId="baseline-accuracy">
          {baseline ? formatPercent(baseline.accuracy) : '–'}
        </Stat>
        <Stat name="latest accuracy" testId="latest-accuracy">
          {accuracy === undefined ? '–' : formatPercent(accuracy)}
        </Stat>
        <Stat name="last generation">{last ? formatSeconds(last.seconds) : '–'}</Stat>
        <Stat name="time left">{secondsLeft === undefined ? '–' : formatSeconds(secondsLeft)}</Stat>
      </Stats>
      <NotifyMe />
    </Card>
  );
}

/** How far the texts are computed; the head follows in a moment when they are. */
function HeadCard() {
  const phase = useTraining((training) => training.phase);
  const activity = useActivity((state) => state.activity);
  const passes = useTraffic((traffic) => traffic.passes);
  const last = passes.at(-1);
  const counting = activity && activity.total > 0;
  return (
    <Card title={<span data-testid="training-state">{STATUS[phase]}</span>} tail={<Controls phase={phase} />}>
      {activity ? <Progress activity={activity} /> : <p className="small muted">{WAITING[phase]}</p>}
      <Stats>
        <Stat name="texts computed" testId="texts-computed">
          {counting ? formatCount(activity.done) : '–'}
          {counting && <span className="muted"> of {formatCount(activity.total)}</span>}
        </Stat>
        <Stat name="last batch">{last ? `${formatCount(last.sequences)} in ${formatSeconds(last.seconds)}` : '–'}</Stat>
        <Stat name="time left">{activity?.secondsLeft === undefined ? '–' : formatSeconds(activity.secondsLeft)}</Stat>
      </Stats>
      <NotifyMe />
    </Card>
  );
}

const WAITING: Record<TrainingPhase, string> = {
  setup: '',
  running: 'Waiting for the next pass’s first numbers.',
  pausing: 'The pass under way can’t be interrupted; the pause follows.',
  paused: 'Nothing is computed or sent. The others wait with you.',
  stopping: 'Then the best so far is measured.',
  interrupted: 'The run is kept, and goes on by itself when all are here again.',
  finished: '',
};

function Controls({ phase }: { phase: TrainingPhase }) {
  const stopping = phase === 'stopping';
  return (
    <div className="row">
      {phase === 'paused' && (
        <button type="button" className="button button-small button-main" onClick={resumeTraining} data-testid="resume">
          Resume
        </button>
      )}
      {phase !== 'paused' && phase !== 'interrupted' && (
        <button
          type="button"
          className="button button-small"
          disabled={phase !== 'running'}
          onClick={pauseTraining}
          data-testid="pause"
        >
          Pause
        </button>
      )}
      <button
        type="button"
        className="button button-small"
        disabled={stopping}
        onClick={stopTraining}
        data-testid="stop"
      >
        Stop
      </button>
    </div>
  );
}
