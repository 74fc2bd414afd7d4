import { useState } from 'react';
import { Field } from '../../components/Field';
import { KeptPasses } from '../../components/KeptPasses';
import { counted, formatBytes, formatCount, formatSeconds } from '../../lib/format';
import { dealtSeconds } from '../../lib/network-time';
import { prepareAhead } from '../../party/actions';
import { usePreparation } from '../../stores/preparation';
import { useSession } from '../../stores/session';
import { useStock } from '../../stores/stock';

/** Has the dealer send before a run what the run would wait for. */
export function PrepareAhead() {
  const ready = useSession(({ stage }) => stage === 'ready');
  const { status, prepared } = usePreparation();
  const { kept, making } = useStock();
  const [typed, setTyped] = useState<string>();
  const [open, setOpen] = useState(false);
  if (!ready) return null;
  const ahead = prepared?.ahead;
  const text = typed ?? (ahead ? String(ahead.passes) : '');
  const passes = /^[1-9]\d{0,4}$/.test(text.trim()) ? Number(text) : undefined;
  return (
    <details
      className="card"
      open={open || kept !== undefined || making !== undefined}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      data-testid="ahead"
    >
      <summary>Prepare ahead, so that a run waits for less</summary>
      <p className="small">
        Most of what a run waits for is what the dealer sends, and none of that depends on your texts. So it can be sent
        now, kept on both disks, and used once: the run then takes as long as what goes between you and the model owner,
        and needs no dealer.
      </p>
      <KeptPasses />
      {kept && kept.passes > 0 && !making && ahead && (
        <p className="small" data-testid="stock-fit">
          {kept.kind === ahead.kind
            ? 'The next run with these settings uses them first.'
            : 'They are for other settings or label words than those chosen now, and wait for a run with those.'}
        </p>
      )}
      {ahead && !making && (
        <>
          <Field
            label="Passes to prepare"
            help={`One is of ${counted(ahead.sequences, 'text')}: ${formatBytes(ahead.bytes)} on the model owner’s disk, and ${formatSeconds(dealtSeconds(ahead.bytes))} on a line of 100 Mbit/s. The whole run takes ${formatCount(ahead.passes)}. Their numbers count as opened even where a pass is not full.`}
            error={passes === undefined ? 'Type a whole number from 1 to 65,536.' : undefined}
          >
            {(control) => (
              <input
                {...control}
                className="input"
                inputMode="numeric"
                value={text}
                onChange={(event) => setTyped(event.target.value)}
                data-testid="stock-passes"
              />
            )}
          </Field>
          <div>
            <button
              type="button"
              className="button"
              disabled={passes === undefined || status !== 'prepared'}
              onClick={() => passes !== undefined && prepareAhead(passes)}
              data-testid="prepare-ahead"
            >
              {kept ? 'Prepare anew' : 'Prepare ahead'}
            </button>
          </div>
        </>
      )}
    </details>
  );
}
