import { useCallback, useEffect, useRef, useState } from 'react';
import type { Classification } from '../../../src/session/messages';
import { Card } from '../../components/Card';
import { Drop } from '../../components/Drop';
import { Field } from '../../components/Field';
import { DownloadIcon } from '../../components/Icons';
import { Note } from '../../components/Note';
import { Progress } from '../../components/Progress';
import { download } from '../../lib/download';
import { counted, formatCount, formatPercent, sentence } from '../../lib/format';
import { labelledCsv } from '../../lib/labelled';
import { classify } from '../../party/training-actions';
import { useActivity } from '../../stores/activity';
import { useNewTexts } from '../../stores/new-texts';
import { useSession } from '../../stores/session';
import { useTraining } from '../../stores/training';
import { ReadingFacts } from './ReadingFacts';
import { TablePreview } from './TablePreview';

/** Labels new texts with what was tuned or loaded; each costs the model owner a sequence, like any other. */
export function Classify() {
  const { classifying, classifications, textProblems } = useTraining();
  const activity = useActivity((state) => state.activity);
  return (
    <Card title="Classify new texts">
      <p className="muted small">They are shared like your data: the model owner sees neither text nor answer.</p>
      <TypedText />
      <TextFile />
      {classifying && activity && <Progress activity={activity} />}
      {textProblems.map((message) => (
        <Note tone="bad" key={message}>
          <p>{sentence(message)}</p>
        </Note>
      ))}
      {classifications.length > 0 && <Answers classifications={classifications} />}
    </Card>
  );
}

/** No others are under way, and all three are there: a new session labels nothing before it has been given what to label with. */
function useTakesTexts(): boolean {
  const ready = useSession(({ stage }) => stage === 'ready');
  const classifying = useTraining((state) => state.classifying);
  return ready && !classifying;
}

/** Typing has come to rest. */
const REST_MS = 800;

/** One text, whatever line breaks it has. */
function TypedText() {
  const [typed, setTyped] = useState('');
  const [live, setLive] = useState(false);
  const classifying = useTraining((state) => state.classifying);
  const takesTexts = useTakesTexts();
  /** Answered last, or being answered. */
  const asked = useRef('');
  const text = typed.trim();
  const ask = useCallback(() => {
    asked.current = text;
    classify([text]);
  }, [text]);
  useEffect(() => {
    if (!live || !takesTexts || text === '' || text === asked.current) return;
    const rest = setTimeout(ask, REST_MS);
    return () => clearTimeout(rest);
  }, [live, takesTexts, text, ask]);
  return (
    <>
      <Field label="A text" help="All of it is one text, line breaks included.">
        {(control) => (
          <textarea
            {...control}
            className="input"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            data-testid="classify-input"
          />
        )}
      </Field>
      <div className="row">
        <button
          type="button"
          className="button button-main"
          disabled={text === '' || !takesTexts}
          onClick={ask}
          data-testid="classify-run"
        >
          {classifying ? 'Classifying…' : 'Classify'}
        </button>
        <label className="row small">
          <input
            type="checkbox"
            checked={live}
            onChange={(event) => setLive(event.target.checked)}
            data-testid="classify-live"
          />
          Answer whenever I stop typing (each answer counts as a text computed)
        </label>
      </div>
    </>
  );
}

function TextFile() {
  const { reading, table, wishes, column, texts, skipped, problem, load, reread, choose } = useNewTexts();
  const takesTexts = useTakesTexts();
  return (
    <details open={table !== undefined || undefined}>
      <summary>Texts of a file{table && `: ${table.name}`}</summary>
      <div className="stack">
        <Drop
          label="Drop a table of texts here, or choose one: CSV, TSV, text, JSON, Excel or Parquet"
          testId="classify-file"
          onFiles={([file]) => file && void load(file)}
        />
        {reading && <p aria-live="polite">Reading {reading}…</p>}
        {table && (
          <ReadingFacts
            how={table.how}
            wishes={wishes}
            skipped={[table.skipped, skipped]}
            testId="reading-new"
            onChange={reread}
          />
        )}
        {problem && (
          <Note tone="bad" testId="classify-file-problem">
            <p>{problem.message}</p>
            {problem.remedy && <p>{problem.remedy}</p>}
          </Note>
        )}
        {table && (
          <>
            <Field label="Text column">
              {(control) => (
                <select
                  {...control}
                  className="input"
                  value={column ?? ''}
                  onChange={(event) => void choose(event.target.value)}
                  data-testid="classify-column"
                >
                  {table.columns.map((name) => (
                    <option key={name} value={name}>
                      {name}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            <TablePreview table={table} marks={{ text: column }} />
            <div className="row">
              <button
                type="button"
                className="button button-main"
                disabled={!texts || !takesTexts}
                onClick={() => texts && classify([...texts])}
                data-testid="classify-file-run"
              >
                Classify {counted(texts?.length ?? table.rows, 'text')}
              </button>
            </div>
          </>
        )}
      </div>
    </details>
  );
}

/** More would be a page that nobody reads; all of them are in the file. */
const SHOWN = 20;

function Answers({ classifications }: { classifications: readonly Classification[] }) {
  const labels = Object.keys(classifications[0]?.probabilities ?? {});
  const more = classifications.length - SHOWN;
  return (
    <>
      <div className="row">
        <ul className="chips" aria-label="Texts by label">
          {labels.map((name) => (
            <li key={name} className="badge number">
              {name} {formatCount(classifications.filter(({ label }) => label === name).length)}
            </li>
          ))}
        </ul>
        <span className="spacer" />
        <button
          type="button"
          className="button button-small"
          onClick={() => download('labelled.csv', labelledCsv(classifications), 'text/csv')}
          data-testid="download-labelled"
        >
          <DownloadIcon /> labelled.csv
        </button>
      </div>
      <ul className="stack" aria-live="polite" data-testid="classifications">
        {classifications.slice(0, SHOWN).map(({ text, label, probabilities }, index) => (
          <li key={index} className="stack-tight">
            <p style={{ whiteSpace: 'pre-line' }}>
              <strong className="badge" data-testid="classification">
                {label}
              </strong>{' '}
              {text}
            </p>
            {Object.entries(probabilities).map(([name, probability]) => (
              <div key={name} className="bar-label">
                <span>{name}</span>
                <span className="track">
                  <span className="fill" style={{ display: 'block', width: `${100 * probability}%` }} />
                </span>
                <span className="number">{formatPercent(probability)}</span>
              </div>
            ))}
          </li>
        ))}
      </ul>
      {more > 0 && <p className="small muted">… and {formatCount(more)} more, in the file.</p>}
    </>
  );
}
