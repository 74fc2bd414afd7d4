import { useEffect } from 'react';
import { choiceOf } from '../../src/session/choices';
import { ANY_OFFER } from '../../src/session/settings';
import { LOBBY_TITLE, type Moment, titleOf } from '../lib/title';
import { useActivity } from '../stores/activity';
import { useOfferIn, useSession } from '../stores/session';
import { useTraffic } from '../stores/traffic';
import { useTraining } from '../stores/training';

/** Keeps the tab's title current, for who looks at another one meanwhile. */
export function TabTitle() {
  const moment = useMoment();
  const title = moment ? titleOf(moment) : LOBBY_TITLE;
  useEffect(() => {
    document.title = title;
  }, [title]);
  return null;
}

function useMoment(): Moment | undefined {
  const role = useSession(({ terms }) => terms?.role);
  const stage = useSession((session) => session.stage);
  const peer = useSession((session) => session.peer);
  const offer = useOfferIn();
  const { phase, settings, history, runs } = useTraining();
  const passes = useTraffic((traffic) => traffic.passes.length);
  const activity = useActivity((state) => state.activity);
  if (!role) return undefined;
  const isHead = choiceOf(offer ?? ANY_OFFER, settings ?? {}).method === 'head';
  const done = isHead
    ? activity && activity.total > 0
      ? activity.done / activity.total
      : 0
    : history.length / (settings?.generations ?? 1);
  return { role, stage, phase, done, accuracy: runs.at(-1)?.result.final.accuracy, peer, passes };
}
