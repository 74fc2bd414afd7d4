import { SETTINGS_OF, settingKind } from '../../../src/session/settings';
import { Card } from '../../components/Card';
import { Field } from '../../components/Field';
import { sentence } from '../../lib/format';
import { SETTING_FIELDS, type SettingField, settingErrors } from '../../lib/settings-form';
import { useProblems } from '../../stores/preparation';
import { useSession } from '../../stores/session';
import { useSettings } from '../../stores/settings';

/** How to search for a prompt, or learn a head. Every setting has a default that works. */
export function SettingsStep({ step }: { step: number }) {
  const { drafts, restoreDefaults } = useSettings();
  const task = useSession(({ model }) => model?.task);
  const problems = useProblems();
  const errors = settingErrors(drafts, task);
  const asked = SETTING_FIELDS.filter(({ key }) => SETTINGS_OF[task ?? 'masked-lm'].includes(key));
  // With few of them there is nothing to hide.
  const [basic, advanced] = [false, true].map((hidden) =>
    asked.filter((field) => hidden === (task !== 'embedding' && field.advanced === true)),
  ) as [SettingField[], SettingField[]];
  const troubled = advanced.some(({ key }) => errors[key] || problems.some(({ field }) => field === key));
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
      <div className="columns">
        {basic.map((field) => (
          <Setting key={field.key} field={field} />
        ))}
      </div>
      {advanced.length > 0 && (
        <details open={troubled || undefined} data-testid="advanced-settings">
          <summary>Advanced</summary>
          <div className="columns">
            {advanced.map((field) => (
              <Setting key={field.key} field={field} />
            ))}
          </div>
        </details>
      )}
    </Card>
  );
}

function Setting({ field: { key, label, help, options } }: { field: SettingField }) {
  const drafts = useSettings((settings) => settings.drafts);
  const setDraft = useSettings((settings) => settings.setDraft);
  const task = useSession(({ model }) => model?.task);
  const refused = useProblems().find((problem) => problem.field === key)?.message;
  const text = drafts[key];
  return (
    <Field label={label} help={help} error={settingErrors(drafts, task)[key] ?? (refused && sentence(refused))}>
      {(control) =>
        options ? (
          <select
            {...control}
            className="input"
            value={text}
            onChange={(event) => setDraft(key, event.target.value)}
            data-testid={`setting-${key}`}
          >
            {Object.entries(options).map(([value, name]) => (
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
            inputMode={INPUT_MODES[settingKind(key)]}
            autoComplete="off"
            onChange={(event) => setDraft(key, event.target.value)}
            data-testid={`setting-${key}`}
          />
        )
      }
    </Field>
  );
}

const INPUT_MODES = { whole: 'numeric', decimal: 'decimal', text: 'text', choice: 'text', switch: 'text' } as const;
