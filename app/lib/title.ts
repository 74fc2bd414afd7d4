/** What the browser's tab says: how far it is first, since tabs are narrow, then who one is. */
import type { PeerActivity, Role } from '../../src/session/messages';
import type { Stage } from '../stores/session';
import type { TrainingPhase } from '../stores/training';
import { formatPercent } from './format';
import { ROLE_NAME } from './roles';

export interface Moment {
  role: Role;
  stage: Stage;
  /** The data owner's. */
  phase: TrainingPhase;
  /** Of its run, from 0 to 1. */
  done?: number;
  /** Of its last run. */
  accuracy?: number;
  /** What a model owner last heard of the other side. */
  peer?: PeerActivity;
  passes: number;
}

const SITE = 'SecFwT';

export const LOBBY_TITLE = `${SITE} — private fine-tuning between two browser tabs`;

export const titleOf = (moment: Moment): string => `${saying(moment)} · ${ROLE_NAME[moment.role]} · ${SITE}`;

function saying({ role, stage, phase, done = 0, accuracy, peer, passes }: Moment): string {
  if (phase === 'interrupted') return `Meeting again at ${whole(done)}`;
  if (phase === 'finished') return `Done${accuracy === undefined ? '' : `: ${formatPercent(accuracy)}`}`;
  if (stage === 'ended') return 'Ended';
  if (stage === 'none' || stage === 'connecting') return 'Waiting';
  if (role === 'dealer') return 'Dealing';
  if (phase !== 'setup') return `${phase === 'paused' ? 'Paused at ' : ''}${whole(done)}`;
  if (role === 'data-owner') return stage === 'ready' ? 'Set up' : 'Meeting';
  if (peer === 'paused') return 'Paused';
  if (peer === 'finished') return 'Done';
  return stage === 'ready' ? (passes > 0 ? `Pass ${passes}` : 'Ready') : 'Offer a model';
}

/** Rounded down: what is not quite done is not done. */
const whole = (fraction: number): string => formatPercent(Math.floor(100 * fraction) / 100, 0);
