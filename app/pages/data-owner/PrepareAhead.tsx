import { useState } from 'react';
import { MOST_PASSES } from '../../../src/session/limits';
import { Card } from '../../components/Card';
import { Field } from '../../components/Field';
import { KeptPasses } from '../../components/KeptPasses';
import { counted, formatBytes, formatCount, formatSeconds } from '../../lib/format';
import { dealtSeconds } from '../../lib/run-time';
import { prepareAhead } from '../../party/stock-actions';
import { useDistance } from '../../stores/distance';
import { usePreparation } from '../../stores/preparation';
import { useSession } from '../../stores/session';
import { useStock } from '../../stores/stock';

/** Has the dealer send before a run what the run would wait for. */
export function PrepareAhead() {
  const ready = useSession(({ stage }) => stage === 'ready');
  const { status, prepared } = usePreparation();
  const { kept, making, isWanted } = useStock();
  const fromDealer = useDistance((state) => state.fromDealer['model-owner']);
  const [typed, setTyped] = useState<string>();
  if (!ready || !(kept || making || isWanted)) return null;
  const ahead = prepared?.ahead;
  const text = typed ?? (ahead ? String(ahead.passes) : '');
  const number = Number(text);
  const passes = Number.isInteger(number) && number >= 1 && number <= MOST_PASSES ? number : undefined;
  return (
    <Card title="Prepare ahead">
      <p className="small">
        Most of what a run waits for is what the dealer sends, and the model’s masked weights; none of that depends on
        your texts, nor does a part of what this page says. So it can be sent now, kept on both disks, and used once:
        the run then takes as long as what is left between you and the model owner, and needs no dealer.
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
            help={`One is of ${counted(ahead.sequences, 'text')}: ${formatBytes(ahead.bytes)} on the model owner’s disk, and ${formatSeconds(dealtSeconds(ahead.dealt, fromDealer))} of the dealer’s line. The whole run takes ${formatCount(ahead.passes)}. Their numbers count as opened even where a pass is not full.`}
            error={passes === undefined ? `Type a whole number from 1 to ${formatCount(MOST_PASSES)}.` : undefined}
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
    </Card>
  );
}
