import { z } from 'zod';
import { create } from 'zustand';
import { keep, readKept } from '../lib/kept';

const themeSchema = z.enum(['light', 'dark']);
export type Theme = z.infer<typeof themeSchema>;

const NAME = 'secfwt theme';
const systemDark = matchMedia('(prefers-color-scheme: dark)');
const chosen = () => readKept('localStorage', NAME, themeSchema);

interface ThemeState {
  theme: Theme;
  toggle(): void;
}

const systemTheme = (): Theme => (systemDark.matches ? 'dark' : 'light');

export const useTheme = create<ThemeState>((set, get) => ({
  theme: chosen() ?? systemTheme(),
  toggle: () => {
    const theme = get().theme === 'dark' ? 'light' : 'dark';
    // Where it is not kept, it lasts as long as the page.
    keep('localStorage', NAME, theme);
    set({ theme });
  },
}));

/** Keeps the document's colours in step with the choice, and with the system until there is one. */
export function followTheme(): void {
  const show = () => {
    document.documentElement.dataset.theme = useTheme.getState().theme;
  };
  show();
  useTheme.subscribe(show);
  systemDark.addEventListener('change', () => {
    if (!chosen()) useTheme.setState({ theme: systemTheme() });
  });
}
