import { Card } from '../../components/Card';
import { Drop } from '../../components/Drop';
import { Note } from '../../components/Note';
import type { Slot } from '../../data/messages';
import { counted, formatBytes, formatCount, formatPercent } from '../../lib/format';
import { type DataFile, useDataset } from '../../stores/dataset';
import { ColumnChoice } from './ColumnChoice';
import { LabelOffers } from './LabelOffers';
import { ReadingFacts } from './ReadingFacts';
import { TablePreview } from './TablePreview';

/** Loading the texts, saying which column is what, and looking at what came of it. */
export function DataStep() {
  const { training, evaluation, loadSample } = useDataset();
  return (
    <Card step={1} title="Data" done={training.dataset !== undefined}>
      <p className="muted">
        Your texts and labels stay in this tab: what leaves it is noise to whoever gets it. A model owner that follows
        the protocol learns how many texts are computed, under how many prompts and when, their padded length, and how
        many numbers of the model’s answer to each you see.
      </p>
      <Source
        slot="training"
        file={training}
        label="Drop a table here, or choose one: CSV, TSV, text, JSON, Excel or Parquet"
        testId="file-input"
      >
        <button type="button" className="button button-small" onClick={loadSample} data-testid="use-sample">
          Use the sample
        </button>
      </Source>
      {training.table && (
        <details data-testid="evaluation-file">
          <summary>Separate evaluation file{evaluation.table ? `: ${evaluation.table.name}` : ' (optional)'}</summary>
          <div className="stack">
            <p className="muted small">Without one, some of the examples above are kept aside to measure by.</p>
            <Source
              slot="evaluation"
              file={evaluation}
              label="Drop the evaluation file here, or choose one"
              testId="evaluation-input"
            />
          </div>
        </details>
      )}
    </Card>
  );
}

interface SourceProps {
  slot: Slot;
  file: DataFile;
  label: string;
  testId: string;
  children?: React.ReactNode;
}

function Source({ slot, file, label, testId, children }: SourceProps) {
  const { load, remove, reread } = useDataset();
  const { table, dataset, reading, fraction } = file;
  const onFiles = ([first]: File[]) => first && load(slot, first);
  return (
    <div className="stack">
      {table ? (
        <div className="row">
          <div>
            <strong>{table.name}</strong>{' '}
            <span className="muted small">
              {counted(table.rows, 'row')}, {formatBytes(table.bytes)}
            </span>
          </div>
          <span className="spacer" />
          <label className="button button-small">
            Replace
            <input
              type="file"
              className="unseen"
              data-testid={`replace-${slot}`}
              onChange={(event) => {
                onFiles([...(event.target.files ?? [])]);
                event.target.value = '';
              }}
            />
          </label>
          <button
            type="button"
            className="button button-small button-danger"
            onClick={() => remove(slot)}
            data-testid={`remove-${slot}`}
          >
            Remove
          </button>
        </div>
      ) : (
        <Drop label={label} testId={testId} onFiles={onFiles}>
          {children}
        </Drop>
      )}
      {reading && (
        <p className="row" aria-live="polite">
          Reading {reading}…{fraction !== undefined && ` ${formatPercent(fraction)}`}
          <button
            type="button"
            className="button button-small"
            onClick={() => useDataset.getState().cancel(slot)}
            data-testid={`cancel-${slot}`}
          >
            Cancel
          </button>
        </p>
      )}
      {table && (
        <ReadingFacts
          how={table.how}
          wishes={file.wishes}
          skipped={[table.skipped, dataset?.skipped]}
          testId={`reading-${slot}`}
          onChange={(wishes) => reread(slot, wishes)}
        />
      )}
      <Problem file={file} />
      {table && <ColumnChoice slot={slot} file={file} />}
      {dataset && (
        <>
          <ul className="chips" aria-label="Examples by label">
            {dataset.labels.map((name) => (
              <li key={name} className="badge number" data-testid={`count-${name}`}>
                {name} {formatCount(dataset.counts[name] ?? 0)}
              </li>
            ))}
          </ul>
          <LabelOffers slot={slot} file={file} />
          {dataset.warnings.length > 0 && (
            <Note tone="warning">
              <ul className="list small">
                {dataset.warnings.map((warning) => (
                  <li key={warning}>{warning}</li>
                ))}
                {dataset.warningCount > dataset.warnings.length && (
                  <li>and {formatCount(dataset.warningCount - dataset.warnings.length)} more</li>
                )}
              </ul>
            </Note>
          )}
        </>
      )}
      {table && <TablePreview table={table} marks={file} busy={file.rereading} />}
    </div>
  );
}

function Problem({ file: { problem, table } }: { file: DataFile }) {
  if (!problem) return null;
  const where = [
    problem.file,
    problem.row !== undefined && `row ${formatCount(problem.row)}`,
    problem.column && `column “${problem.column}”`,
  ].filter(Boolean);
  return (
    <Note tone="bad" testId="data-problem">
      {where.length > 0 && <strong>{where.join(', ')}</strong>}
      <p>{problem.message}</p>
      {problem.remedy && <p>{problem.remedy}</p>}
      {problem.file && table && <p className="small">{table.name} stays loaded.</p>}
    </Note>
  );
}
