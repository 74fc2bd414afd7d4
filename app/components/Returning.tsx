import { useEffect, useState } from 'react';
import type { Role } from '../../src/session/messages';
import { formatSeconds, sentence } from '../lib/format';
import { leaveSession } from '../party/session-actions';
import { useSession } from '../stores/session';
import { bestSoFar, useTraining } from '../stores/training';
import { Card } from './Card';
import { Downloads } from './Downloads';

/** What broke off, that nobody need do anything about it, and what there is meanwhile. */
export function Returning() {
  const { returning, terms } = useSession();
  const { best, history, settings } = useTraining();
  const now = useNow(returning !== undefined);
  if (!returning || !terms) return null;
  const result = bestSoFar({ best, history });
  return (
    <Card title="The session broke off; meeting again">
      <div className="note" data-tone="warning" role="status">
        <p data-testid="returning-reason">{sentence(returning.reason)}</p>
      </div>
      <p>
        {NEXT[terms.role]}{' '}
        <span className="muted number">Waiting for {formatSeconds((now - returning.since) / 1000)}.</span>
      </p>
      {terms.role === 'data-owner' && (result || history.length > 0) && (
        <Downloads run={result && { result, settings }} />
      )}
      <div className="row">
        <button type="button" className="button" onClick={leaveSession} data-testid="stop-returning">
          Stop waiting
        </button>
      </div>
    </Card>
  );
}

const NEXT: Record<Role, string> = {
  'data-owner':
    'This page looks for the others by itself, for as long as it is open. A run that was under way is kept in this browser, encrypted, and goes on where it stopped.',
  'model-owner':
    'This page waits for the others by itself, for as long as it is open, and offers the model again. What was opened before counts in the budget.',
  dealer: 'This page waits for the two by itself, for as long as it is open.',
};

/** Milliseconds since 1970, again every second. */
function useNow(ticking: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!ticking) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}
