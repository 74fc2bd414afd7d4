/** Whether a person wants to be told when a run or the session is over, by the system and not by this page. */
import { create } from 'zustand';

interface NoticeState {
  wanted: boolean;
  /** Why it can't be done. */
  problem?: string;
  /** Asks the browser, which asks the person; only a click may do so. */
  want(): Promise<void>;
  unwant(): void;
}

const REFUSED = 'The browser does not let this page send notifications: allow it in the site’s settings.';

export const canNotify = 'Notification' in globalThis;

export const useNotice = create<NoticeState>((set) => ({
  wanted: false,
  want: async () => {
    const answer = await Notification.requestPermission();
    set(answer === 'granted' ? { wanted: true, problem: undefined } : { wanted: false, problem: REFUSED });
  },
  unwant: () => set({ wanted: false }),
}));

/** Nobody has to be told what stands in front of them. */
export function notify(title: string, body: string): void {
  if (!useNotice.getState().wanted || !document.hidden) return;
  try {
    new Notification(title, { body });
  } catch {
    // Chrome on Android lets only service workers do it.
    useNotice.setState({ wanted: false, problem: 'This browser sends no notifications from pages like this one.' });
  }
}
