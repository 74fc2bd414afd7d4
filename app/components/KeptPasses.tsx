import { counted, formatBytes, formatCount } from '../lib/format';
import { stopStock, unstock } from '../party/stock-actions';
import { useStock } from '../stores/stock';
import { Confirm } from './Confirm';
import { Note } from './Note';
import { Progress } from './Progress';

/** What is prepared ahead, on either owner's side: how much of it there is, how far more of it is, and the way to be rid of it. */
export function KeptPasses() {
  const { kept, making, problem } = useStock();
  return (
    <div className="stack-tight" aria-live="polite">
      {problem && (
        <Note tone="warning" testId="stock-problem">
          <p>{problem}</p>
        </Note>
      )}
      {making && <Progress activity={{ label: 'Preparing passes ahead', ...making }} />}
      {kept && kept.passes > 0 && (
        <p className="small" data-testid="stock-kept">
          <strong className="number">{counted(kept.passes, 'pass', 'passes')}</strong> ready, of{' '}
          {counted(kept.sequences, 'text')} of {formatCount(kept.tokens)} tokens each
          {kept.bytes > 0 && <>; {formatBytes(kept.bytes)} on this disk</>}.
        </p>
      )}
      {making ? (
        <div>
          <button type="button" className="button button-small" onClick={stopStock} data-testid="stop-stock">
            Stop after this pass
          </button>
        </div>
      ) : (
        kept && (
          <div>
            <Confirm
              trigger={
                <button type="button" className="button button-small" data-testid="unstock">
                  Throw them away
                </button>
              }
              title="Throw away what is prepared?"
              action="Throw away"
              testId="unstock-confirm"
              onConfirm={unstock}
            >
              Runs wait for the dealer again, and the disk is free.
            </Confirm>
          </div>
        )
      )}
    </div>
  );
}
