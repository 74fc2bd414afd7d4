import { useState } from 'react';
import { isTurn, relayTrouble } from '../../src/net/relay';
import { type Relay, relayProblem, relayServers, useRelay } from '../stores/relay';
import { Card } from './Card';
import { Field } from './Field';
import { Note } from './Note';

/** For those whom a firewall keeps apart. */
export function RelayFields() {
  const { url, user, password, change } = useRelay();
  const relay = { url, user, password };
  const problem = relayProblem(relay);
  const servers = relayServers(relay);
  return (
    <Card title="Behind a firewall?">
      <details open={problem !== undefined || url !== ''}>
        <summary>A relay of your own</summary>
        <div className="stack">
          <p className="muted small">
            Where two networks let no direct way through, a TURN server carries what is said between the two pages,
            which stays encrypted. One side’s is enough. It is kept in this browser and told to nobody but that server.
          </p>
          <div className="columns">
            {FIELDS.map(({ name, label, type, help }) => (
              <Field key={name} label={label} help={help} error={name === 'url' ? problem : undefined}>
                {(control) => (
                  <input
                    {...control}
                    className="input"
                    type={type}
                    autoComplete="off"
                    spellCheck={false}
                    value={relay[name]}
                    onChange={(event) => change({ [name]: event.target.value })}
                    data-testid={`relay-${name}`}
                  />
                )}
              </Field>
            ))}
          </div>
          {servers.some(isTurn) && <TryRelay key={[url, user, password].join('\n')} servers={servers} />}
        </div>
      </details>
    </Card>
  );
}

/** undefined: not asked yet. */
type Answer = 'waiting' | { trouble: string | undefined } | undefined;

function TryRelay({ servers }: { servers: readonly RTCIceServer[] }) {
  const [answer, setAnswer] = useState<Answer>();
  const ask = async () => {
    setAnswer('waiting');
    // A browser may have no WebRTC, or take none of it.
    const trouble = await relayTrouble(servers).catch((error: Error) => error.message);
    setAnswer({ trouble });
  };
  const trouble = typeof answer === 'object' ? answer.trouble : undefined;
  return (
    <div className="stack-tight" aria-live="polite">
      <div className="row">
        <button
          type="button"
          className="button button-small"
          disabled={answer === 'waiting'}
          onClick={ask}
          data-testid="relay-try"
        >
          Try it
        </button>
        {answer === 'waiting' && <span className="muted small">Asking the server…</span>}
        {typeof answer === 'object' && !trouble && (
          <span className="small" data-testid="relay-works">
            It answers and lets this browser through.
          </span>
        )}
      </div>
      {trouble && (
        <Note tone="bad" testId="relay-trouble">
          {trouble}
        </Note>
      )}
    </div>
  );
}

const FIELDS: readonly { name: keyof Relay; label: string; type: string; help?: string }[] = [
  {
    name: 'url',
    label: 'Address',
    type: 'text',
    help: 'e.g. turn:relay.example.org:3478, or turns:relay.example.org:5349?transport=tcp where little gets through',
  },
  { name: 'user', label: 'User', type: 'text' },
  { name: 'password', label: 'Password', type: 'password' },
];
