import type { PeerActivity } from '../../src/session/messages';
import { PassCharts } from '../charts/PassCharts';
import { Card } from '../components/Card';
import { NotifyMe } from '../components/NotifyMe';
import { Progress } from '../components/Progress';
import { RoundPicture } from '../components/RoundPicture';
import { Stat, Stats } from '../components/Stats';
import { formatCount, formatSeconds } from '../lib/format';
import { useActivity } from '../stores/activity';
import { useOffer } from '../stores/offer';
import { useSession } from '../stores/session';
import { useTraffic } from '../stores/traffic';
import { Budget } from './model-owner/Budget';
import { Calibration } from './model-owner/Calibration';
import { Disclosure } from './model-owner/Disclosure';
import { ModelChoice } from './model-owner/ModelChoice';
import { PreparedAhead } from './model-owner/PreparedAhead';

/** Choosing and offering a model, then watching what it is used for. */
export function ModelOwner() {
  const offered = useOffer((offer) => offer.offered !== undefined);
  const stage = useSession((session) => session.stage);
  return (
    <>
      {(stage === 'ready' || (stage === 'ended' && offered)) && <Passes />}
      {!offered && <ModelChoice />}
      {!offered && <Calibration />}
      <Disclosure />
      {stage !== 'ended' && <Budget />}
      {stage === 'ready' && <PreparedAhead />}
    </>
  );
}

const WAITING: Record<PeerActivity | 'preparing', (passes: number) => string> = {
  preparing: () => 'The data owner is choosing its data and settings.',
  training: (passes) =>
    passes > 0 ? `Pass ${passes} done. The data owner prepares the next one.` : 'The first pass comes next.',
  paused: () => 'The data owner has paused. Nothing is computed or sent.',
  finished: () => 'The data owner has finished training, and may label new texts or train again.',
};

function Passes() {
  const passes = useTraffic((traffic) => traffic.passes);
  const activity = useActivity((state) => state.activity);
  const ended = useSession((session) => session.stage === 'ended');
  const peer = useSession((session) => session.peer);
  const last = passes.at(-1);
  return (
    <>
      <Card title="Passes">
        {activity ? (
          <Progress activity={activity} />
        ) : (
          <p className="muted" aria-live="polite">
            {ended ? 'No more passes.' : WAITING[peer ?? 'preparing'](passes.length)}
          </p>
        )}
        <Stats>
          <Stat name="passes" testId="pass-count">
            {formatCount(passes.length)}
          </Stat>
          <Stat name="last pass">{last ? formatSeconds(last.seconds) : '–'}</Stat>
          <Stat name="its sequences">
            {last ? `${formatCount(last.sequences)} × ${formatCount(last.tokens)} tokens` : '–'}
          </Stat>
        </Stats>
        {!ended && <NotifyMe />}
      </Card>
      {!ended && <RoundPicture />}
      <PassCharts passes={passes} viewer="model-owner" />
    </>
  );
}
