/** What a tab says to who looks at another one. */
import { expect, it } from 'vitest';
import { type Moment, titleOf } from '../../app/lib/title';

const owner: Moment = { role: 'data-owner', stage: 'ready', phase: 'setup', passes: 0 };
const lender: Moment = { ...owner, role: 'model-owner' };

it.each<[string, Moment]>([
  ['Waiting · data owner · SecFwT', { ...owner, stage: 'connecting' }],
  ['Meeting · data owner · SecFwT', { ...owner, stage: 'handshake' }],
  ['Set up · data owner · SecFwT', owner],
  ['57\u00a0% · data owner · SecFwT', { ...owner, phase: 'running', done: 17 / 29.5 }],
  ['Paused at 57\u00a0% · data owner · SecFwT', { ...owner, phase: 'paused', done: 0.575 }],
  ['Meeting again at 57\u00a0% · data owner · SecFwT', { ...owner, phase: 'interrupted', done: 0.575 }],
  ['Done: 82.8\u00a0% · data owner · SecFwT', { ...owner, phase: 'finished', accuracy: 0.828 }],
  ['Done: 82.8\u00a0% · data owner · SecFwT', { ...owner, stage: 'ended', phase: 'finished', accuracy: 0.828 }],
  ['Ended · data owner · SecFwT', { ...owner, stage: 'ended', phase: 'running', done: 0.5 }],
  ['Offer a model · model owner · SecFwT', { ...lender, stage: 'handshake' }],
  ['Ready · model owner · SecFwT', lender],
  ['Pass 14 · model owner · SecFwT', { ...lender, peer: 'training', passes: 14 }],
  ['Paused · model owner · SecFwT', { ...lender, peer: 'paused', passes: 14 }],
  ['Done · model owner · SecFwT', { ...lender, peer: 'finished', passes: 14 }],
  ['Dealing · dealer · SecFwT', { ...owner, role: 'dealer', stage: 'handshake' }],
])('says “%s”', (title, moment) => {
  expect(titleOf(moment)).toBe(title);
});
