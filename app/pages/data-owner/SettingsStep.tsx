import { Card } from '../../components/Card';
import { Field } from '../../components/Field';
import { SETTING_FIELDS, type SettingField, settingError, settingErrors } from '../../lib/settings-form';
import { useInvalids } from '../../stores/preparation';
import { useSettings } from '../../stores/settings';

const BASIC = SETTING_FIELDS.filter((field) => !field.advanced);
const ADVANCED = SETTING_FIELDS.filter((field) => field.advanced);

/** How to search for the prompt. Every setting has a default that works. */
export function SettingsStep() {
  const { drafts, restoreDefaults } = useSettings();
  const invalids = useInvalids();
  const errors = settingErrors(drafts);
  const troubled = ADVANCED.some(({ key }) => errors[key] || invalids.some(({ field }) => field === key));
  return (
    <Card
      step={3}
      title="Settings"
      done={Object.keys(errors).length === 0}
      tail={
        <button type="button" className="button button-small button-quiet" onClick={restoreDefaults}>
          Defaults
        </button>
      }
    >
      <div className="columns">
        {BASIC.map((field) => (
          <Setting key={field.key} field={field} />
        ))}
      </div>
      <details open={troubled || undefined} data-testid="advanced-settings">
        <summary>Advanced</summary>
        <div className="columns">
          {ADVANCED.map((field) => (
            <Setting key={field.key} field={field} />
          ))}
        </div>
      </details>
    </Card>
  );
}

function Setting({ field }: { field: SettingField }) {
  const text = useSettings(({ drafts }) => drafts[field.key]);
  const setDraft = useSettings((settings) => settings.setDraft);
  const refused = useInvalids().find((invalid) => invalid.field === field.key)?.message;
  const { rule } = field;
  return (
    <Field label={field.label} help={field.help} error={settingError(field, text) ?? refused}>
      {(control) =>
        rule.kind === 'choice' ? (
          <select
            {...control}
            className="input"
            value={text}
            onChange={(event) => setDraft(field.key, event.target.value)}
            data-testid={`setting-${field.key}`}
          >
            {rule.options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ))}
          </select>
        ) : (
          <input
            {...control}
            className="input"
            value={text}
            inputMode={rule.kind === 'text' ? 'text' : rule.kind === 'integer' ? 'numeric' : 'decimal'}
            autoComplete="off"
            onChange={(event) => setDraft(field.key, event.target.value)}
            data-testid={`setting-${field.key}`}
          />
        )
      }
    </Field>
  );
}
