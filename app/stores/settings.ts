/** What the data owner typed. Kept as typed text, so that a half-written number is neither lost nor silently changed. */
import { create } from 'zustand';
import { defaultSettings, SETTING_KEYS, type SettingKey } from '../../src/session/settings';

interface SettingsState {
  drafts: Record<SettingKey, string>;
  /** Label word by label; words of labels that are no longer in the data stay, in case they come back. */
  labelWords: ReadonlyMap<string, string>;
  /** What was last proposed: those of these words that still stand were typed by nobody. */
  proposed: ReadonlyMap<string, string>;
  setDraft(key: SettingKey, text: string): void;
  setWord(label: string, word: string): void;
  /** Fills in words for the data's labels, in place of what was proposed for other data; what a person typed stays. */
  proposeWords(words: ReadonlyMap<string, string>): void;
  /** Presets from the address; unknown keys are ignored. */
  preset(values: Record<string, string>): void;
  restoreDefaults(): void;
}

const DEFAULTS = defaultSettings();

/** Empty is what is left to the model, or to the data. */
const DEFAULT_DRAFTS = Object.fromEntries(SETTING_KEYS.map((key) => [key, String(DEFAULTS[key] ?? '')])) as Record<
  SettingKey,
  string
>;

export const useSettings = create<SettingsState>((set) => ({
  drafts: DEFAULT_DRAFTS,
  labelWords: new Map(),
  proposed: new Map(),
  setDraft: (key, text) => set(({ drafts }) => ({ drafts: { ...drafts, [key]: text } })),
  setWord: (label, word) => set(({ labelWords }) => ({ labelWords: new Map([...labelWords, [label, word]]) })),
  proposeWords: (proposed) =>
    set(({ labelWords, proposed: before }) => {
      const typed = [...labelWords].filter(([label, word]) => word.trim() && word !== before.get(label));
      return { labelWords: new Map([...proposed, ...typed]), proposed };
    }),
  preset: (values) =>
    set(({ drafts }) => ({
      drafts: {
        ...drafts,
        ...Object.fromEntries(Object.entries(values).filter(([key]) => Object.hasOwn(DEFAULT_DRAFTS, key))),
      },
    })),
  restoreDefaults: () => set({ drafts: DEFAULT_DRAFTS }),
}));
