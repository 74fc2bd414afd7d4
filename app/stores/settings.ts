/** What the data owner typed. Kept as typed text, so that a half-written number is neither lost nor silently changed. */
import { create } from 'zustand';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import type { TuningSettings } from '../../src/session/messages';

export type SettingKey = Exclude<keyof TuningSettings, 'words'>;

interface SettingsState {
  drafts: Record<SettingKey, string>;
  /** Label word by label; words of labels that are no longer in the data stay, in case they come back. */
  words: Record<string, string>;
  setDraft(key: SettingKey, text: string): void;
  setWord(label: string, word: string): void;
  /** Fills in words for labels that have none; what a person typed stays. */
  proposeWords(words: Record<string, string>): void;
  /** Presets from the address; unknown keys are ignored. */
  preset(values: Record<string, string>): void;
  restoreDefaults(): void;
}

const DEFAULT_DRAFTS: Record<SettingKey, string> = {
  ...(Object.fromEntries(Object.entries(DEFAULT_SETTINGS).map(([key, value]) => [key, String(value)])) as Record<
    Exclude<SettingKey, 'shots' | 'seed'>,
    string
  >),
  shots: '',
  seed: '',
};

export const useSettings = create<SettingsState>((set) => ({
  drafts: DEFAULT_DRAFTS,
  words: {},
  setDraft: (key, text) => set(({ drafts }) => ({ drafts: { ...drafts, [key]: text } })),
  setWord: (label, word) => set(({ words }) => ({ words: { ...words, [label]: word } })),
  proposeWords: (proposed) =>
    set(({ words }) => ({
      words: { ...proposed, ...Object.fromEntries(Object.entries(words).filter(([, word]) => word.trim())) },
    })),
  preset: (values) =>
    set(({ drafts }) => ({
      drafts: { ...drafts, ...Object.fromEntries(Object.entries(values).filter(([key]) => key in DEFAULT_DRAFTS)) },
    })),
  restoreDefaults: () => set({ drafts: DEFAULT_DRAFTS }),
}));
