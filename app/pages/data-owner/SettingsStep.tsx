import { methodsOf, type Offer, readingsOf } from '../../../src/session/choices';
import { ANY_OFFER, settingKind, settingsAsked } from '../../../src/session/settings';
import { Card } from '../../components/Card';
import { Field } from '../../components/Field';
import { formatPercent, sentence } from '../../lib/format';
import { isNarrow } from '../../lib/narrow';
import {
  choiceIn,
  type Drafts,
  METHOD_NAMES,
  READING_NAMES,
  SETTING_FIELDS,
  type SettingField,
  settingErrors,
} from '../../lib/settings-form';
import { type Prepared, usePreparation, useProblems } from '../../stores/preparation';
import { useOfferIn } from '../../stores/session';
import { useSettings } from '../../stores/settings';

/** How to search for a prompt, or learn a head. Every setting has a default that works. */
export function SettingsStep({ step }: { step: number }) {
  const { drafts, restoreDefaults } = useSettings();
  const offer = useOfferIn();
  const problems = useProblems();
  const errors = settingErrors(drafts, offer);
  const keys = settingsAsked(offer ?? ANY_OFFER, choiceIn(drafts, offer));
  const asked = SETTING_FIELDS.filter(({ key }) => keys.includes(key));
  // With few of them there is nothing to hide.
  const [basic, advanced] = [false, true].map((hidden) =>
    asked.filter((field) => hidden === (offer?.task !== 'embedding' && field.advanced === true)),
  ) as [SettingField[], SettingField[]];
  const troubled = (fields: readonly SettingField[]) =>
    fields.some(({ key }) => errors[key] || problems.some(({ field }) => field === key));
  return (
    <Card
      step={step}
      title="Settings"
      done={Object.keys(errors).length === 0}
      tail={
        <button type="button" className="button button-small button-quiet" onClick={restoreDefaults}>
          Defaults
        </button>
      }
    >
      <details open={!isNarrow() || troubled(basic) || troubled(advanced) || undefined} data-testid="settings">
        <summary>What is suggested can be changed</summary>
        <div className="stack">
          <div className="columns columns-narrow">
            {basic.map((field) => (
              <Setting key={field.key} field={field} />
            ))}
          </div>
          {advanced.length > 0 && (
            <details open={troubled(advanced) || undefined} data-testid="advanced-settings">
              <summary>Advanced</summary>
              <div className="columns columns-narrow">
                {advanced.map((field) => (
                  <Setting key={field.key} field={field} />
                ))}
              </div>
            </details>
          )}
        </div>
      </details>
    </Card>
  );
}

function Setting({ field: { key, label, help, options } }: { field: SettingField }) {
  const drafts = useSettings((settings) => settings.drafts);
  const setDraft = useSettings((settings) => settings.setDraft);
  const offer = useOfferIn();
  const refused = useProblems().find((problem) => problem.field === key)?.message;
  const text = drafts[key];
  // What was left to the data, once it is known.
  const prepared = usePreparation((preparation) => preparation.prepared);
  const taken = prepared?.settings[key];
  return (
    <div className={options ? 'stack-tight whole-row' : 'stack-tight'}>
      <Field label={label} help={help} error={settingErrors(drafts, offer)[key] ?? (refused && sentence(refused))}>
        {(control) =>
          options ? (
            <select
              {...control}
              className="input"
              value={text}
              onChange={(event) => setDraft(key, event.target.value)}
              data-testid={`setting-${key}`}
            >
              {Object.entries(optionsOf(key, options, drafts, offer)).map(([value, name]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </select>
          ) : (
            <input
              {...control}
              className="input"
              value={text}
              placeholder={taken === undefined ? undefined : String(taken)}
              inputMode={INPUT_MODES[settingKind(key)]}
              autoComplete="off"
              onChange={(event) => setDraft(key, event.target.value)}
              data-testid={`setting-${key}`}
            />
          )
        }
      </Field>
      {key === 'tokens' && prepared && <Lengths prepared={prepared} onChoose={(tokens) => setDraft(key, tokens)} />}
    </div>
  );
}

/** Padded lengths to choose from; what each costs is shown where the run is. */
function Lengths({
  prepared: { settings, lengths },
  onChoose,
}: {
  prepared: Prepared;
  onChoose(tokens: string): void;
}) {
  return (
    <fieldset className="chips" data-testid="lengths">
      <legend className="unseen">Padded lengths, and how many of your texts are whole in them</legend>
      {lengths.map(({ tokens, whole }) => (
        <button
          key={tokens}
          type="button"
          className="chip"
          aria-pressed={tokens === settings.tokens}
          onClick={() => onChoose(String(tokens))}
        >
          {tokens}: {whole === 1 ? 'all' : formatPercent(whole)} whole
        </button>
      ))}
    </fieldset>
  );
}

/** Names by value; of methods and readings those that this model has, and what is suggested by name. */
function optionsOf(
  key: SettingField['key'],
  options: NonNullable<SettingField['options']>,
  drafts: Drafts,
  offer: Offer = ANY_OFFER,
): SettingField['options'] & object {
  const { method } = choiceIn(drafts, offer);
  const [known, suggested] =
    key === 'method'
      ? [methodsOf(offer), METHOD_NAMES[choiceIn({ ...drafts, method: '' }, offer).method]]
      : key === 'reading'
        ? [readingsOf(offer, method), READING_NAMES[choiceIn({ ...drafts, reading: '' }, offer).reading]]
        : [];
  if (!known) return options;
  const isKnown = (value: string) =>
    value === '' || (known as readonly string[]).includes(value) || value === drafts[key];
  const shown = Object.entries(options).filter(([value]) => isKnown(value));
  return Object.fromEntries(shown.map(([value, name]) => [value, value === '' ? `${name}: ${suggested}` : name]));
}

const INPUT_MODES = { whole: 'numeric', decimal: 'decimal', text: 'text', choice: 'text', switch: 'text' } as const;
