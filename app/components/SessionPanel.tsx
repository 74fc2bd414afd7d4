import { counterpart, isPartyRole, type PartyRole } from '../../src/net/code';
import type { Doing, Presence } from '../../src/net/presence';
import type { PeerActivity, Role } from '../../src/session/messages';
import { counted } from '../lib/format';
import { othersOf, ROLE_NAME } from '../lib/roles';
import { invitation } from '../lib/route';
import { describe } from '../lib/run-time';
import { leaveSession, restartComputation } from '../party/session-actions';
import { useActivity } from '../stores/activity';
import { useDistance } from '../stores/distance';
import { isNeeded, type LinkState, type SessionTerms, type Stage, useSession } from '../stores/session';
import { isBusy, useTraining } from '../stores/training';
import { Card } from './Card';
import { Confirm } from './Confirm';
import { CopyButton } from './CopyButton';
import { Note } from './Note';
import { TrustFacts } from './TrustFacts';

/** The session seen from this tab: how to invite, who is there, what computes, the way out. */
export function SessionPanel() {
  const { terms, stage } = useSession();
  if (!terms) return null;
  return (
    <Card title="Session" tail={<Leave stage={stage} terms={terms} />}>
      {stage !== 'ready' && <Invitation terms={terms} />}
      <Connections />
      {!terms.solo && <TrustFacts terms={terms} />}
      {stage === 'ready' ? (
        <details className="small">
          <summary>Code and digits</summary>
          <div className="stack">
            <Invitation terms={terms} />
            <Digits />
          </div>
        </details>
      ) : (
        <Digits />
      )}
      <Apart />
      <Compute />
      <Silent />
    </Card>
  );
}

function Invitation({ terms }: { terms: SessionTerms }) {
  const links = useSession((session) => session.links);
  const missing = (role: Role) => links[role] === 'waiting';
  const peer = terms.role === 'dealer' ? undefined : counterpart(terms.role);
  return (
    <div className="stack-tight">
      <div className="row between">
        <span className="code" data-testid="session-code">
          {terms.code}
        </span>
        <CopyButton text={terms.code} what="code" testId="copy-code" />
      </div>
      <TurnedAway />
      {terms.host && peer && missing(peer) && <InviteLink terms={terms} as={peer} testId="session-link" />}
      {terms.role !== 'dealer' && terms.key && terms.dealer === 'tab' && missing('dealer') && (
        <InviteLink terms={terms} as="dealer" testId="dealer-link" />
      )}
    </div>
  );
}

/** Strangers take no seat, but that they came says that somebody knows where this session is. */
function TurnedAway() {
  const turned = useSession((session) => session.turned);
  if (!turned) return null;
  return (
    <Note tone="warning" testId="turned-away">
      <p>
        {counted(turned.away, 'attempt')} to join without the invitation: turned away, and told nothing. Mistyped codes
        count too.
      </p>
      {turned.codeVoid && (
        <p>
          The code was guessed at too often and is void. The link still works: send that, over a channel that strangers
          do not read.
        </p>
      )}
    </Note>
  );
}

function InviteLink({ terms, as, testId }: { terms: SessionTerms; as: Role; testId: string }) {
  const link = invitation(terms, as);
  return (
    <div className="field">
      <label htmlFor={testId} className="small">
        Link for the {ROLE_NAME[as]}
      </label>
      <div className="row" style={{ flexWrap: 'nowrap' }}>
        <input
          id={testId}
          className="input mono small"
          readOnly
          value={link}
          onFocus={(event) => event.target.select()}
          data-testid={testId}
        />
        <CopyButton text={link} what="link" testId={`copy-${testId}`} />
      </div>
    </div>
  );
}

const STAGE: Record<Stage, string> = {
  none: '',
  connecting: 'Connecting',
  handshake: 'All connected; agreeing on model and plan',
  ready: 'All three agree',
  ended: 'Ended',
};

const LINK: Record<LinkState, string> = { waiting: 'waiting', connected: 'connected', lost: 'lost' };

/** By who it is, and what its page says that it is at. */
const AT: Record<PartyRole, Record<Doing, string>> = {
  'data-owner': {
    choosing: 'choosing data',
    reading: 'reading a file',
    calibrating: LINK.connected,
    settled: 'choosing settings',
  },
  'model-owner': {
    choosing: 'choosing a model',
    reading: 'reading a model',
    calibrating: 'calibrating its model',
    settled: LINK.connected,
  },
};

/** What somebody who is there is doing, as far as this side is told. */
function presence(role: Role, own: Role, peer: PeerActivity | undefined, there: Presence | undefined): string {
  if (own === 'dealer' || !isPartyRole(role)) return LINK.connected;
  const at = peer ?? (there ? AT[role][there.doing] : LINK.connected);
  return there?.away ? `${at}, away` : at;
}

function Connections() {
  const { terms, stage, links, notes, met, peer, there } = useSession();
  if (!terms) return null;
  const isLost = Object.values(links).includes('lost');
  const isDealing = terms.role === 'dealer' && stage === 'handshake';
  const isTroubled = missingOf(terms, links).some((role) => notes[role]);
  return (
    <div className="stack-tight">
      <p aria-live="polite" data-testid="connection-state" data-state={stage}>
        <strong>{isLost ? 'A connection is lost' : isDealing ? 'Both are connected' : STAGE[stage]}</strong>
        {!isLost && stage === 'handshake' && HANDSHAKE[terms.role] && (
          <span className="muted"> — {HANDSHAKE[terms.role]}</span>
        )}
      </p>
      <ul className="links">
        {othersOf(terms.role).map((role) => {
          const state = links[role] ?? 'waiting';
          return (
            <li key={role} data-role={role} data-testid={`link-${role}`} data-state={state}>
              <span className="dot" data-state={state} />
              <span>
                {role === 'dealer' && terms.dealer === 'server' ? 'dealer (this site’s server)' : ROLE_NAME[role]}
              </span>
              <span className="muted small" data-testid={`presence-${role}`}>
                {state === 'connected' ? presence(role, terms.role, peer, there) : LINK[state]}
              </span>
              {met[role] && (
                <span className="phrase small">
                  Digits{' '}
                  <strong className="mono" data-testid={`phrase-${role}`}>
                    {met[role].phrase}
                  </strong>
                </span>
              )}
            </li>
          );
        })}
      </ul>
      {stage === 'connecting' && (
        <div
          className={isTroubled ? 'note small' : 'muted small'}
          data-tone={isTroubled ? 'warning' : undefined}
          aria-live="polite"
          data-testid="waiting-for"
        >
          {waitingFor(terms, links, notes)}
        </div>
      )}
    </div>
  );
}

function Digits() {
  const met = useSession((session) => session.met);
  if (Object.keys(met).length === 0) return null;
  return (
    <p className="muted small">
      Whoever has digits beside the name proved to have this session’s invitation, with nobody in between. To be sure
      that it is the person you mean, compare the digits by voice: both pages must show the same.
    </p>
  );
}

const HANDSHAKE: Record<Role, string> = {
  'data-owner': 'waiting for the model owner to offer its model.',
  'model-owner': 'goes on when you offer a model.',
  dealer: '',
};

/** Who is waited for now. */
function missingOf(terms: SessionTerms, links: Partial<Record<Role, LinkState>>): Role[] {
  const everyone = othersOf(terms.role).filter((role) => links[role] === 'waiting');
  // The server's dealer is gone to together, once the peer is here.
  return everyone.length > 1 && terms.dealer === 'server' ? everyone.filter((role) => role !== 'dealer') : everyone;
}

/** What exactly the connection waits for. */
function waitingFor(
  terms: SessionTerms,
  links: Partial<Record<Role, LinkState>>,
  notes: Partial<Record<Role, string>>,
): string {
  return missingOf(terms, links)
    .map((role) => {
      if (notes[role]) return notes[role];
      if (role === 'dealer' && terms.dealer === 'server') return 'Reaching the dealer.';
      if (terms.host || terms.role === 'dealer') return `Waiting for the ${ROLE_NAME[role]} to join with the code.`;
      return `Reaching the ${ROLE_NAME[role]}.`;
    })
    .join(' ');
}

/** How far the others are, which no run should be disturbed to find out. */
function Apart() {
  const { distance, fromDealer, measurable, measuring, problem, again, stop } = useDistance();
  const busy = useTraining(({ phase }) => isBusy(phase));
  if (!measurable) return null;
  const dealt = (role: PartyRole) => {
    const line = fromDealer[role];
    return line ? ` Dealer to ${ROLE_NAME[role]}: ${describe(line)}.` : '';
  };
  const said = problem
    ? `Not measured: ${problem}.`
    : distance
      ? [`Between you two: ${describe(distance)}.`, ...(['model-owner', 'data-owner'] as const).map(dealt)].join('')
      : 'Not measured.';
  return (
    <div className="row between small muted">
      <span aria-live="polite" data-testid="distance">
        {measuring ? 'Measuring the way between you two…' : said}
      </span>
      {!busy && (
        <button
          type="button"
          className="button button-small"
          onClick={measuring ? stop : again}
          data-testid="measure-distance"
        >
          {measuring ? 'Stop' : 'Measure again'}
        </button>
      )}
    </div>
  );
}

function Compute() {
  const compute = useSession((session) => session.compute);
  if (!compute) return null;
  return (
    <p className="small muted">
      Computes with <span data-testid="adapter">{compute.backend}</span>
      {compute.notice && `. ${compute.notice}`}
    </p>
  );
}

/** Its own worker gives no sign of life: busy with something long, or dead. */
function Silent() {
  const seconds = useSession((session) => session.silentSeconds);
  const activity = useActivity((state) => state.activity);
  if (seconds === undefined) return null;
  return (
    <Note tone="warning" testId="silent">
      <p>
        The computation in this tab has not answered for {counted(seconds, 'second')}
        {activity && ` (it was at: ${activity.label})`}. It may be busy with something long; after a minute it is
        started anew by itself.
      </p>
      <div>
        <button type="button" className="button button-small" onClick={restartComputation} data-testid="restart">
          Start it anew now
        </button>
      </div>
    </Note>
  );
}

function Leave({ terms, stage }: { terms: SessionTerms; stage: Stage }) {
  const busy = useTraining(({ phase }) => isBusy(phase));
  const label = stage === 'connecting' ? 'Cancel' : 'Leave';
  const asks = isNeeded(stage, terms.role, busy);
  if (!asks) {
    return (
      <button type="button" className="button button-small button-danger" onClick={leaveSession} data-testid="leave">
        {label}
      </button>
    );
  }
  return (
    <Confirm
      trigger={
        <button type="button" className="button button-small button-danger" data-testid="leave">
          {label}
        </button>
      }
      title="Leave the session?"
      action="Leave"
      testId="leave-confirm"
      onConfirm={leaveSession}
    >
      {LEAVING[terms.role]}
    </Confirm>
  );
}

const LEAVING: Record<Role, string> = {
  'data-owner':
    'Training ends at once. The best prompt so far and the history stay here to download. To end after the running pass and measure the result, use “Stop” instead.',
  'model-owner': 'The data owner’s training ends at once. Its data, and the prompts it has found, stay on its side.',
  dealer: 'Without fresh randomness the two can’t go on: their session ends at once.',
};
