/** What is measured, by whom, and who is told. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useDistance } from '../../app/stores/distance';
import type { Line } from '../../src/net/line';

const way = { roundTripMs: 20, bandwidth: 5e6, way: 'direct' } as const;
const line = { roundTripMs: 40, bandwidth: 9e6 };
const probe = () => ({
  measure: vi.fn(async (_: AbortSignal) => way),
  tell: vi.fn(),
  ondealer: undefined as ((line: Line) => void) | undefined,
});
const state = () => useDistance.getState();
const measured = () => vi.waitFor(() => expect(state().measuring).toBe(false));

beforeEach(() => state().forget());

describe('the model owner', () => {
  it.each(['first', 'last'])(
    'measures the dealer’s line, which comes %s, after the other party’s, and tells it',
    async (order) => {
      const peer = probe();
      const dealer = vi.fn(async () => {
        expect(state().distance).toEqual(way);
        return line;
      });
      if (order === 'first') state().beginDealer(dealer, 'model-owner');
      state().begin(peer, 'model-owner');
      if (order === 'last') state().beginDealer(dealer, 'model-owner');
      await measured();
      expect(state()).toMatchObject({ distance: way, fromDealer: { 'model-owner': line } });
      expect(dealer).toHaveBeenCalledOnce();
      expect(peer.tell).toHaveBeenLastCalledWith(line);
      // Which begins nothing anew that is under way.
      expect(peer.measure).toHaveBeenCalledOnce();
    },
  );

  it('has no figure of a dealer that does not answer, and tells nothing', async () => {
    const peer = probe();
    state().beginDealer(() => Promise.reject(new Error('silence')), 'model-owner');
    state().begin(peer, 'model-owner');
    await measured();
    expect(state()).toMatchObject({ distance: way, fromDealer: { 'model-owner': undefined }, problem: undefined });
    expect(peer.tell).not.toHaveBeenCalled();
  });

  it('tries again where an answer was late', async () => {
    const late = vi.fn(async () => line).mockRejectedValueOnce(new Error('silence'));
    const peer = { ...probe(), measure: vi.fn(async () => way).mockRejectedValueOnce(new Error('silence')) };
    state().beginDealer(late, 'model-owner');
    state().begin(peer, 'model-owner');
    await measured();
    expect(state()).toMatchObject({ distance: way, fromDealer: { 'model-owner': line }, problem: undefined });
  });

  it('measures both again', async () => {
    const [peer, dealer] = [probe(), vi.fn(async () => line)];
    state().begin(peer, 'model-owner');
    state().beginDealer(dealer, 'model-owner');
    await measured();
    const before = dealer.mock.calls.length;
    state().again();
    await measured();
    expect(dealer).toHaveBeenCalledTimes(before + 1);
    expect(peer.tell).toHaveBeenLastCalledWith(line);
  });
});

describe('the data owner', () => {
  it('hears of the dealer’s line, and forgets it with the session', async () => {
    const peer = probe();
    state().begin(peer, 'data-owner');
    await measured();
    peer.ondealer?.(line);
    expect(state().fromDealer).toEqual({ 'model-owner': line });
    // Its own is measured as well.
    const own = { roundTripMs: 10, bandwidth: 3e6 };
    state().beginDealer(async () => own, 'data-owner');
    await measured();
    expect(state().fromDealer).toEqual({ 'model-owner': line, 'data-owner': own });
    expect(peer.tell).toHaveBeenLastCalledWith(own);
    state().forget();
    expect(state().fromDealer).toEqual({});
  });

  it('is told why the other party’s distance is not known', async () => {
    state().begin(
      { ...probe(), measure: () => Promise.reject(new Error('the other side did not answer')) },
      'data-owner',
    );
    await measured();
    expect(state()).toMatchObject({ distance: undefined, problem: 'the other side did not answer' });
  });

  it('takes nothing of what was stopped', async () => {
    let answer!: (found: typeof way) => void;
    state().begin(
      {
        ...probe(),
        measure: () =>
          new Promise((resolve) => {
            answer = resolve;
          }),
      },
      'data-owner',
    );
    state().stop();
    answer(way);
    await Promise.resolve();
    expect(state()).toMatchObject({ distance: undefined, measuring: false });
  });
});
