/** Passes that are prepared ahead, as the worker has them. */
import { create } from 'zustand';
import type { SessionEvent } from '../../src/session/messages';

type StockEvent = SessionEvent & { type: 'stock' };

interface StockState extends Pick<StockEvent, 'kept' | 'making' | 'problem'> {
  /** A person wants to see what can be prepared. */
  isWanted: boolean;
  want(): void;
  set(stock: Omit<StockEvent, 'type'>): void;
  forget(): void;
}

const NOTHING = { kept: undefined, making: undefined, problem: undefined, isWanted: false };

export const useStock = create<StockState>((set) => ({
  ...NOTHING,
  want: () => set({ isWanted: true }),
  set: ({ kept, making, problem }) => set({ kept, making, problem }),
  forget: () => set(NOTHING),
}));
