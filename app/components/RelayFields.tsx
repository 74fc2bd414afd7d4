import { type Relay, relayProblem, useRelay } from '../stores/relay';
import { Card } from './Card';
import { Field } from './Field';

/** For those whom a firewall keeps apart. */
export function RelayFields() {
  const { url, user, password, change } = useRelay();
  const problem = relayProblem({ url, user, password });
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
                    value={{ url, user, password }[name]}
                    onChange={(event) => change({ [name]: event.target.value })}
                    data-testid={`relay-${name}`}
                  />
                )}
              </Field>
            ))}
          </div>
        </div>
      </details>
    </Card>
  );
}

const FIELDS: readonly { name: keyof Relay; label: string; type: string; help?: string }[] = [
  { name: 'url', label: 'Address', type: 'text', help: 'e.g. turn:relay.example.org:3478' },
  { name: 'user', label: 'User', type: 'text' },
  { name: 'password', label: 'Password', type: 'password' },
];
