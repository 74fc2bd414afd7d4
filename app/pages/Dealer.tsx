import { Card } from '../components/Card';
import { Progress } from '../components/Progress';
import { Stat, Stats } from '../components/Stats';
import { formatBytes, formatCount } from '../lib/format';
import { useActivity } from '../stores/activity';
import { type Stage, useSession } from '../stores/session';
import { useTraffic } from '../stores/traffic';

const WAITING: Record<Stage, string> = {
  none: '',
  connecting: 'Nothing to do before both parties are here.',
  handshake: 'Deals whenever the two compute. Leave this tab open.',
  ready: 'Deals whenever the two compute. Leave this tab open.',
  ended: 'Nothing more is dealt.',
};

/** Dealing needs no hands: what it has dealt, and what it knows. */
export function Dealer() {
  const stage = useSession((session) => session.stage);
  const totals = useTraffic((traffic) => traffic.totals);
  const activity = useActivity((state) => state.activity);
  return (
    <>
      <Card title="Dealt so far">
        {activity ? (
          <Progress activity={activity} />
        ) : (
          <p className="muted" aria-live="polite">
            {WAITING[stage]}
          </p>
        )}
        <Stats>
          <Stat name="dealt" testId="total-dealt">
            {formatBytes(totals.bytes.dealt)}
          </Stat>
          <Stat name="passes">{formatCount(totals.passes)}</Stat>
          <Stat name="sequences">{formatCount(totals.sequences)}</Stat>
        </Stats>
      </Card>
      <Card title="What this tab knows">
        <div className="columns">
          <div className="stack-tight">
            <h3>Learns</h3>
            <ul className="list small">
              <li>the shapes to deal for: layers, heads, widths; and how many bits values take</li>
              <li>how many texts of which padded length are computed, under how many prompts at once, and when</li>
              <li>whether the data owner’s line is so much slower that all is dealt to the model owner</li>
            </ul>
          </div>
          <div className="stack-tight">
            <h3>Never sees</h3>
            <ul className="list small" data-kind="kept">
              <li>any message between the two parties</li>
              <li>texts, labels, prompt or answers</li>
              <li>any weight of the model</li>
            </ul>
          </div>
        </div>
        <p className="small muted">
          Between two who follow the protocol all that stays so as long as the dealer works together with neither of
          them.
        </p>
      </Card>
    </>
  );
}
