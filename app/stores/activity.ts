/** The one long piece of work under way, if any. */
import { create } from 'zustand';

export interface Activity {
  label: string;
  done: number;
  /** 0: unknown. */
  total: number;
  secondsLeft?: number;
}

interface ActivityState {
  activity?: Activity;
  show(activity: Activity): void;
  clear(): void;
}

export const useActivity = create<ActivityState>((set) => ({
  show: (activity) => set({ activity }),
  clear: () => set({ activity: undefined }),
}));
