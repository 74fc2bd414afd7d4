import { newCode, newKey, showCode } from '../../src/net/code';
import { isThisMachine } from '../../src/net/this-machine';
import { DEVIATIONS } from '../lib/deviations';
import { navigate, sessionHash } from '../lib/route';
import { trust } from '../lib/trust';
import { closeSession, leaveSession } from '../party/session-actions';
import { useServer } from '../stores/server';
import { type SessionTerms, useSession } from '../stores/session';
import { Note } from './Note';

/** Whom this session has to trust, said before anything private is used. */
export function TrustFacts({ terms }: { terms: SessionTerms }) {
  const { stage, met } = useSession();
  const { hostname, host } = location;
  const said = trust({ ...terms, server: host, ownServer: isThisMachine(hostname), met });
  const begun = stage === 'ready';
  return (
    <div className="stack-tight" data-testid="trust">
      {said.partial && (
        <Note tone="warning" testId="partial-dealer">
          <p>{said.partial}</p>
          {terms.host && stage === 'connecting' && <ThirdTab terms={terms} />}
        </Note>
      )}
      <details open={!begun || undefined} className="small">
        <summary>Whom you trust</summary>
        <ul className="list">
          <li>{said.dealer}</li>
          <li>{said.server}</li>
        </ul>
      </details>
      <details className="small">
        <summary>What others could do all the same</summary>
        <ul className="list" data-testid="deviations">
          {DEVIATIONS.filter(({ told }) => told.includes(terms.role)).map(({ who, can, noticed }) => (
            <li key={who}>
              <strong>{who}:</strong> {can} <span className="muted">Noticed: {noticed}.</span>
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}

/** Where nobody has joined yet, another session, under another code, takes nothing from anybody. */
function ThirdTab({ terms }: { terms: SessionTerms }) {
  const alone = useSession(
    ({ links, returning }) => !returning && Object.values(links).every((link) => link === 'waiting'),
  );
  const hosted = useServer((server) => server.dealer);
  if (!alone || !hosted) return null;
  const restart = () => {
    leaveSession();
    closeSession();
    navigate(sessionHash({ ...terms, code: showCode(newCode()), key: newKey(), dealer: 'tab' }));
  };
  return (
    <div>
      <button type="button" className="button button-small" onClick={restart} data-testid="third-tab">
        Let a third person deal
      </button>
    </div>
  );
}
