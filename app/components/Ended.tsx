import { sentence } from '../lib/format';
import { navigate } from '../lib/route';
import { closeSession, enterSession } from '../party/session-actions';
import { useSession } from '../stores/session';
import { useTraining } from '../stores/training';
import { Card } from './Card';
import { Downloads } from './Downloads';

/** What happened, what is kept, what to do next. */
export function Ended() {
  const { ending, terms, model } = useSession();
  const { runs, history, phase } = useTraining();
  if (!ending || !terms) return null;
  const leave = () => {
    closeSession();
    navigate('#/');
  };
  const neverStarted = model === undefined;
  // Once the result is there, the others may go: nothing broke.
  const harmless = ending.expected || (phase === 'finished' && !ending.interrupted);
  return (
    <Card
      title={
        harmless ? 'The session has ended' : neverStarted ? 'The session could not begin' : 'The session broke off'
      }
    >
      <div className="note" data-tone={harmless ? 'plain' : 'bad'} role="alert">
        <p data-testid="ended-reason">{sentence(ending.reason)}</p>
      </div>
      {(ending.saved || terms.role !== 'dealer') && <p>{ending.saved || SAVED[terms.role as keyof typeof SAVED]}</p>}
      {terms.role === 'data-owner' && (runs.length > 0 || history.length > 0) && <Downloads run={runs.at(-1)} />}
      <div className="row">
        {!ending.expected && (
          <button type="button" className="button button-main" onClick={() => enterSession(terms)} data-testid="retry">
            {neverStarted ? 'Try again with the same code' : 'Meet again with the same code'}
          </button>
        )}
        <button
          type="button"
          className={ending.expected ? 'button button-main' : 'button'}
          onClick={leave}
          data-testid="new-session"
        >
          New session
        </button>
        {!neverStarted && !ending.expected && <span className="muted small">{AGAIN[terms.role]}</span>}
      </div>
    </Card>
  );
}

/** How a session that broke off is taken up. */
const AGAIN = {
  'data-owner':
    'A run that was under way is kept in this browser, encrypted. Both sides meet again with the same code; then it goes on where it stopped.',
  'model-owner':
    'The link and the code stay as they are: offer the model again, and the data owner can come back and go on.',
  dealer: 'The link stays as it is: all three have to meet again.',
};

const SAVED = {
  'data-owner': 'Your data, label words and settings stay in this tab.',
  'model-owner': 'Your model stays in this tab.',
};
