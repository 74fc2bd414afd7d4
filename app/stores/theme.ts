import { create } from 'zustand';

export type Theme = 'light' | 'dark';

const KEY = 'secfwt-theme';
const systemDark = matchMedia('(prefers-color-scheme: dark)');

/** Storage can be forbidden (private windows, embedded pages); the choice then lasts as long as the page. */
const stored = (): Theme | undefined => {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : undefined;
  } catch {
    return undefined;
  }
};

const store = (theme: Theme): void => {
  try {
    localStorage.setItem(KEY, theme);
  } catch {}
};

interface ThemeState {
  theme: Theme;
  toggle(): void;
}

const systemTheme = (): Theme => (systemDark.matches ? 'dark' : 'light');

export const useTheme = create<ThemeState>((set, get) => ({
  theme: stored() ?? systemTheme(),
  toggle: () => {
    const theme = get().theme === 'dark' ? 'light' : 'dark';
    store(theme);
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
    if (!stored()) useTheme.setState({ theme: systemTheme() });
  });
}
