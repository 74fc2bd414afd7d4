/** How often a page hears of a pass's rounds. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseConfig } from '../../src/models/config';
import type { SessionEvent } from '../../src/session/messages';
import { watchPass } from '../../src/session/pass-watch';
import { RunPlans } from '../../src/session/run';
import { modelFiles } from '../support/session';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

it('says what a pass will carry, and of its rounds no more than ten a second', async () => {
  const { config } = await modelFiles(3);
  const plans = new RunPlans(parseConfig(config), { tokens: 16, answer: 2, columns: 2, deep: false, slots: 1 });
  const said: SessionEvent[] = [];
  const size = { candidates: 2, texts: 3 };
  const reach = watchPass(plans, size, (event) => said.push(event));
  expect(said).toEqual([{ type: 'rounds', sequences: 6, rounds: plans.timelineOf(size) }]);
  const { rounds } = plans.of(size);
  for (let round = 0; round <= rounds; round++) {
    reach(round);
    vi.advanceTimersByTime(35);
  }
  const told = said.flatMap((event) => (event.type === 'round' ? [event.round] : []));
  expect(told.slice(0, 3)).toEqual([3, 6, 9]);
  expect(told).toHaveLength(Math.floor(rounds / 3));
});
