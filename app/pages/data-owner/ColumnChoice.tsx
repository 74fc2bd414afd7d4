import { Field } from '../../components/Field';
import type { Slot } from '../../data/messages';
import { type DataFile, useDataset } from '../../stores/dataset';

interface ColumnChoiceProps {
  slot: Slot;
  file: DataFile;
}

/** Which column holds the texts, which the labels. */
export function ColumnChoice({ slot, file }: ColumnChoiceProps) {
  const choose = useDataset((data) => data.choose);
  const { text, label, table } = file;
  const testId = (kind: string) => (slot === 'training' ? `column-${kind}` : `evaluation-column-${kind}`);
  const select = (kind: 'text' | 'label', name: string) => (
    <Field label={name}>
      {(control) => (
        <select
          {...control}
          className="input"
          value={file[kind] ?? ''}
          onChange={(event) => choose(slot, { text, label, [kind]: event.target.value || undefined })}
          data-testid={testId(kind)}
        >
          <option value="">Choose a column…</option>
          {table?.columns.map((column) => (
            <option key={column} value={column}>
              {column}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
  return (
    <div className="columns columns-narrow">
      {select('text', 'Text column')}
      {select('label', 'Label column')}
    </div>
  );
}
