import { useEffect, useState } from 'react';
import { newCode, newKey, parseCode, parseKey, showCode } from '../../src/net/code';
import { isThisMachine } from '../../src/net/this-machine';
import type { Role } from '../../src/session/messages';
import { Card } from '../components/Card';
import { Field } from '../components/Field';
import { Note } from '../components/Note';
import { RelayFields } from '../components/RelayFields';
import { RolePicture } from '../components/RolePicture';
import { useFocus } from '../lib/focus';
import { ROLE_NAME } from '../lib/roles';
import { type DealerPlace, navigate, parseRoute, type Route, sessionHash } from '../lib/route';
import { closeSession, leaveSession } from '../party/session-actions';
import { useAdapter } from '../stores/adapter';
import { useServer } from '../stores/server';
import { type SessionTerms, useSession } from '../stores/session';

interface LobbyProps {
  invitation?: Extract<Route, { page: 'join' }>;
}

/** What this is, and the way into a session: a role, then a new session or somebody's code. */
export function Lobby({ invitation }: LobbyProps) {
  const [role, setRole] = useState<Role | undefined>(invitation?.role);
  const { stage, terms } = useSession();
  const page = useFocus<HTMLElement>('lobby');
  useEffect(() => {
    if (stage === 'ended') closeSession();
  }, [stage]);
  if (terms && stage !== 'ended') return <StillInside terms={terms} />;
  return (
    <main className="page" data-role={role} ref={page}>
      <div className="stack">
        <h1>
          {invitation ? (
            <>
              You are invited to session <span className="mono">{safeShow(invitation.code)}</span>
            </>
          ) : (
            'Put private texts and a private model to work together, and show neither'
          )}
        </h1>
        <p className="lead">
          One of you has texts that may not be given away, the other a language model that may not either. Each opens
          this page, and the two pages learn a classifier together: whoever has the texts gets it and sees how often it
          is right, whoever has the model learns little more than how many texts there were. How long that takes is said
          before it starts: minutes with a small model, hours with a large one.
        </p>
        {!invitation && <TryBoth />}
      </div>
      {invitation?.role && <Entry role={role} invitation={invitation} />}
      <RolePicture role={role} onChoose={setRole} />
      {!invitation?.role && <Entry role={role} invitation={invitation} />}
      <RelayFields />
      <AdapterNote />
    </main>
  );
}

/** Somebody went back to the lobby in the middle of a session: it goes on, and only one at a time. */
const StillInside = ({ terms }: { terms: SessionTerms }) => (
  <main className="page" data-role={terms.role}>
    <h1>You are still in session {terms.code}</h1>
    <p className="lead">It goes on in this tab. Return to it, or leave it before you begin another one.</p>
    <div className="row">
      <a className="button button-main" href={sessionHash(terms)}>
        Return to the session
      </a>
      <button type="button" className="button button-danger" onClick={leaveSession}>
        Leave it
      </button>
    </div>
  </main>
);

/** This tab becomes the model owner's; the data owner's, where a trial is started, comes to the front. */
function TryBoth() {
  const hosted = useServer((server) => server.dealer);
  const [place] = useState(() => ({ code: showCode(newCode()), key: newKey(), dealer: 'server', solo: true }) as const);
  if (!hosted) return null;
  return (
    <div className="row">
      <a
        className="button"
        href={sessionHash({ ...place, role: 'data-owner', host: false })}
        target="_blank"
        rel="noopener"
        onClick={() => navigate(sessionHash({ ...place, role: 'model-owner', host: true }))}
        data-testid="try-both"
      >
        Try it with yourself
      </a>
      <span className="muted small">
        Opens a second tab and plays both sides, with a sample and a built-in model. It shows how it works and protects
        nothing.
      </span>
    </div>
  );
}

function safeShow(code: string): string {
  try {
    return showCode(parseCode(code));
  } catch {
    return code;
  }
}

function Entry({ role, invitation }: { role?: Role; invitation?: LobbyProps['invitation'] }) {
  return (
    <div className="columns">
      {!invitation && <CreateCard role={role} />}
      <JoinCard role={role} invitation={invitation} />
    </div>
  );
}

function CreateCard({ role }: { role?: Role }) {
  const hosted = useServer((server) => server.dealer);
  const [choice, setDealer] = useState<DealerPlace>('server');
  const dealer = hosted ? choice : 'tab';
  const party = role !== undefined && role !== 'dealer';
  return (
    <Card title="Start a new session">
      <Field
        label="Randomness is dealt by"
        help={
          dealer === 'server'
            ? isThisMachine(location.hostname)
              ? 'You run this server, so that its dealer is not neutral: the other side would have to trust you. A third person’s tab is.'
              : 'The server sees no message between you two. It must not share its randomness with either side.'
            : 'A third person opens this page as the dealer. It must not work together with either side.'
        }
      >
        {(control) => (
          <select
            {...control}
            className="input"
            value={dealer}
            onChange={(event) => setDealer(event.target.value as DealerPlace)}
            data-testid="dealer-place"
          >
            <option value="server" disabled={!hosted}>
              this site’s server{!hosted && ' (it does not deal)'}
            </option>
            <option value="tab">a third person’s tab</option>
          </select>
        )}
      </Field>
      <div className="row">
        <button
          type="button"
          className="button button-main"
          disabled={!party}
          data-testid="create-session"
          onClick={() =>
            party && navigate(sessionHash({ role, code: showCode(newCode()), key: newKey(), host: true, dealer }))
          }
        >
          {party ? `Create as ${ROLE_NAME[role]}` : 'Create a session'}
        </button>
        {!party && (
          <span className="muted small">
            {role === 'dealer'
              ? 'A dealer joins: ask one of the two for the code.'
              : 'Choose above whether you have data or a model.'}
          </span>
        )}
      </div>
    </Card>
  );
}

/** Reads a code, or a whole link that was pasted in its place. Throws CodeError. */
function readInvitation(typed: string): { code: string; key?: string; role?: Role; dealer?: DealerPlace } {
  const hash = typed.includes('#/join/') ? typed.slice(typed.indexOf('#')).trim() : undefined;
  const route = hash ? parseRoute(hash) : undefined;
  if (route?.page !== 'join') return { code: parseCode(typed) };
  const { code, key, role, dealer } = route;
  if (key !== undefined) parseKey(key);
  return { code: parseCode(code), key, role, dealer };
}

function JoinCard({ role, invitation }: { role?: Role; invitation?: LobbyProps['invitation'] }) {
  const [typed, setTyped] = useState(invitation ? safeShow(invitation.code) : '');
  const [dealer, setDealer] = useState<DealerPlace>(invitation?.dealer ?? 'server');
  const [error, setError] = useState<string>();

  const join = () => {
    try {
      const read = readInvitation(typed);
      // The link that opened this page has the key, as long as its code was not replaced by another.
      const invited = invitation && parseCode(invitation.code) === read.code ? invitation.key : undefined;
      const key = read.key ?? invited;
      const as = role ?? read.role;
      if (!as) {
        setError('Choose above who you are in this session.');
        return;
      }
      const code = showCode(read.code);
      navigate(sessionHash({ role: as, code, key, host: false, dealer: read.dealer ?? dealer }));
    } catch (wrong) {
      setError((wrong as Error).message);
    }
  };

  return (
    <Card title={invitation ? 'Join' : 'Join a session'}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          join();
        }}
      >
        <Field label="Code or link" error={error} help="From the person who started the session.">
          {(control) => (
            <input
              {...control}
              className="input mono"
              value={typed}
              placeholder="e.g. 7KQ2-M9XD-4TRW"
              autoComplete="off"
              autoCapitalize="characters"
              spellCheck={false}
              onChange={(event) => {
                setTyped(event.target.value);
                setError(undefined);
              }}
              data-testid="join-code"
            />
          )}
        </Field>
        {role !== 'dealer' && !typed.includes('#') && (
          <label className="check small">
            <input
              type="checkbox"
              checked={dealer === 'tab'}
              onChange={(event) => setDealer(event.target.checked ? 'tab' : 'server')}
            />
            A third person’s tab is the dealer
          </label>
        )}
        <div className="row">
          <button type="submit" className="button button-main" data-testid="join-session">
            {role ? `Join as ${ROLE_NAME[role]}` : 'Join'}
          </button>
        </div>
      </form>
    </Card>
  );
}

function AdapterNote() {
  const { webgpu, description } = useAdapter();
  return (
    <Note tone="plain" testId="adapter">
      <p>
        <strong>This browser computes with:</strong> {description}.
        {webgpu && ' Should it be lost, WebAssembly goes on, with the same bits, slower.'}
      </p>
    </Note>
  );
}
