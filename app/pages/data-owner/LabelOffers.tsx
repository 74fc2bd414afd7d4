import type { Several } from '../../../src/data/dataset';
import { Field } from '../../components/Field';
import { Note } from '../../components/Note';
import type { Slot } from '../../data/messages';
import { counted } from '../../lib/format';
import { type DataFile, useDataset } from '../../stores/dataset';

const SEVERAL: [value: Several, name: string][] = [
  ['first', 'the first one is learned'],
  ['leave out', 'those rows are left out'],
  ['together', 'all of a cell is one label'],
];
const SHOWN = 5;

const quoted = (names: readonly string[]) => names.map((name) => `“${visible(name)}”`).join(', ');

/** Characters that nobody sees, by their numbers: that two labels differ in them could not be told otherwise. */
const visible = (name: string) =>
  name.replace(/[\p{Cf}\p{Zs}]/gu, (letter) =>
    letter === ' ' ? letter : `[U+${letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
  );

/** What a person may want done about labels that are spelt alike, several in a cell, or in several columns. */
export function LabelOffers({ slot, file }: { slot: Slot; file: DataFile }) {
  const choose = useDataset((data) => data.choose);
  const { dataset, label, merge = false, several = 'first' } = file;
  if (!dataset) return null;
  const { alike, listed, rivals } = dataset;
  return (
    <>
      {alike.length > 0 && (
        <Note tone={merge ? 'plain' : 'warning'} testId={`alike-${slot}`}>
          <p>
            {alike.length === 1 ? 'One label is' : `${alike.length} labels are`} spelt in several ways, which differ in
            capitals, spaces, characters that nobody sees or how a number is written
            {merge ? '; each counts as one label' : '; each way counts as a label of its own'}.
          </p>
          <ul className="list small">
            {alike.slice(0, SHOWN).map((group) => (
              <li key={group[0]}>{quoted(group)}</li>
            ))}
            {alike.length > SHOWN && <li>and {alike.length - SHOWN} more</li>}
          </ul>
          <div className="row">
            <button
              type="button"
              className="button button-small"
              onClick={() => choose(slot, { merge: !merge })}
              data-testid={`merge-${slot}`}
            >
              {merge ? 'Keep them apart' : 'Merge them'}
            </button>
          </div>
        </Note>
      )}
      {listed > 0 && (
        <Note tone="warning" testId={`several-${slot}`}>
          <p>
            {counted(listed, 'row')} {listed === 1 ? 'has' : 'have'} several labels. One label a text is learned.
          </p>
          <Field label="Where there are several">
            {(control) => (
              <select
                {...control}
                className="input input-small"
                value={several}
                onChange={(event) => choose(slot, { several: event.target.value as Several })}
              >
                {SEVERAL.map(([value, name]) => (
                  <option key={value} value={value}>
                    {name}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </Note>
      )}
      {rivals.length > 0 && (
        <Note tone="warning" testId={`rivals-${slot}`}>
          <p>
            {quoted(rivals)} could be labels as well as “{label}”. One label a text is learned: choose its column above.
          </p>
        </Note>
      )}
    </>
  );
}
