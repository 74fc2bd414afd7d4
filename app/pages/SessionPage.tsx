import { useEffect } from 'react';
import { newCode, newKey, showCode } from '../../src/net/code';
import { Ended } from '../components/Ended';
import { Returning } from '../components/Returning';
import { SessionPanel } from '../components/SessionPanel';
import { Totals } from '../components/Totals';
import { useFocus } from '../lib/focus';
import { navigate, type Route, sessionHash } from '../lib/route';
import { enterSession } from '../party/session-actions';
import { useOffer } from '../stores/offer';
import { isNeeded, useSession } from '../stores/session';
import { useSettings } from '../stores/settings';
import { isBusy, useTraining } from '../stores/training';
import { DataOwner } from './DataOwner';
import { Dealer } from './Dealer';
import { ModelOwner } from './ModelOwner';
import { OfferBar } from './model-owner/OfferBar';
import { Trial } from './Trial';

interface SessionPageProps {
  route: Extract<Route, { page: 'session' }>;
}

const TITLE = {
  'data-owner': 'Tune on your data',
  'model-owner': 'Lend your model',
  dealer: 'Deal randomness',
};

export function SessionPage({ route }: SessionPageProps) {
  useEntry(route);
  useClosingWarning();
  const stage = useSession((session) => session.stage);
  const page = useFocus<HTMLElement>(useView());
  const ended = stage === 'ended';
  const wide = route.role === 'data-owner' ? <DataOwner ended={ended} /> : undefined;
  return (
    <main className="page" data-role={route.role} ref={page}>
      <div className="title-row">
        <h1>{TITLE[route.role]}</h1>
      </div>
      {route.solo && !ended && <Trial role={route.role} />}
      {ended && <Ended />}
      {!ended && <Returning />}
      {wide ?? (
        <div className="split">
          <div className="stack">{route.role === 'model-owner' ? <ModelOwner /> : <Dealer />}</div>
          {!ended && (
            <div className="stack aside">
              <SessionPanel />
              {route.role === 'model-owner' && stage === 'ready' && <Totals />}
            </div>
          )}
        </div>
      )}
      {route.role === 'model-owner' && !ended && <OfferBar />}
    </main>
  );
}

/** What the page shows, in the coarse: another one has other controls. */
function useView(): string {
  const phase = useTraining((training) => training.phase);
  const offered = useOffer((offer) => offer.offered !== undefined);
  const { stage, returning } = useSession();
  const isAway = returning !== undefined;
  return stage === 'ended' ? stage : `${phase} ${offered} ${isAway}`;
}

/** Enters the session that the address names, once. */
function useEntry(route: SessionPageProps['route']): void {
  useEffect(() => {
    const { role, code, key, host, dealer, solo, backend, presets } = route;
    const { stage, terms } = useSession.getState();
    if (stage !== 'none') {
      // Back and forward, or another link pasted into this tab: a tab is in one session, and that one is shown.
      if (terms && (terms.code !== code || terms.role !== role)) navigate(sessionHash(terms));
      return;
    }
    if (!code || (host && !key)) {
      const parameters = new URLSearchParams(location.hash.split('?')[1]);
      if (!code) parameters.set('code', showCode(newCode()));
      if (!key) parameters.set('key', newKey());
      location.replace(host ? `#/session?${parameters}` : '#/');
      return;
    }
    const { model, budget, ...settings } = presets;
    useSettings.getState().preset(settings);
    const offer = useOffer.getState();
    if (budget) offer.setBudget(budget);
    if (model && role === 'model-owner' && !offer.files) offer.loadBuiltIn(model);
    enterSession({ role, code, key, host, dealer, solo, backend });
  }, [route]);
}

/** A closed tab can't be called back, so the browser asks while it would end something for somebody. */
function useClosingWarning(): void {
  const busy = useTraining(({ phase }) => isBusy(phase));
  const warn = useSession(({ stage, terms }) => isNeeded(stage, terms?.role, busy));
  useEffect(() => {
    if (!warn) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [warn]);
}
