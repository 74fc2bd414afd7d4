import { type ChangeEvent, useId } from 'react';
import { Card } from '../../components/Card';
import { DownloadIcon } from '../../components/Icons';
import { Note } from '../../components/Note';
import { Progress } from '../../components/Progress';
import { download } from '../../lib/download';
import type { CalibrationProgress } from '../../model/messages';
import { type ModelFiles, useOffer } from '../../stores/offer';

/** What a model without value ranges needs before it can be offered; and what was found, to be kept. */
export function Calibration() {
  const { files, calibrating, calibrationProblem, calibrate, cancel } = useOffer();
  // Built-in models have their ranges in config.json, and keep them.
  if (!files || (files.estimate && !files.calibration)) return null;
  const done = files.estimate !== undefined;
  return (
    <Card title="Calibration" done={done}>
      <div className="stack-tight" data-testid="calibration">
        {calibrating ? (
          <>
            <Progress activity={activityOf(calibrating)} />
            <div className="row">
              <button type="button" className="button" onClick={cancel} data-testid="stop-calibrating">
                Stop
              </button>
            </div>
          </>
        ) : (
          <>
            {done ? (
              <p>
                “{files.name}” is calibrated, and this browser remembers it. For others, keep these two files beside the
                model: chosen with it, they save the time. The first tells the other side ranges, gates and groups; the
                second is as private as the weights.
              </p>
            ) : (
              <p>
                To compute on shares, it has to be known how large values become. They are measured here, in this tab,
                on texts that need not be like anybody’s data; a model of 6 layers of 384 takes about four minutes.
              </p>
            )}
            {done && <Files files={files} />}
            <Choice done={done} onBundled={() => calibrate()} onFile={calibrate} />
          </>
        )}
        {calibrationProblem && (
          <Note tone="bad" testId="calibration-problem">
            <p>{calibrationProblem}</p>
            <p className="small">“{files.name}” stays chosen.</p>
          </Note>
        )}
      </div>
    </Card>
  );
}

function activityOf({ fraction, secondsLeft }: CalibrationProgress) {
  return { label: 'Measuring the model on public text', done: fraction, total: 1, secondsLeft };
}

interface ChoiceProps {
  /** Then it is done anew. */
  done: boolean;
  onBundled(): void;
  onFile(file: File): void;
}

function Choice({ done, onBundled, onFile }: ChoiceProps) {
  const id = useId();
  const choose = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const [file] = target.files ?? [];
    if (file) onFile(file);
    // The same file again is a change: people edit a file and choose it anew.
    target.value = '';
  };
  return (
    <>
      <div className="row">
        <button
          type="button"
          className={done ? 'button' : 'button button-main'}
          onClick={onBundled}
          data-testid={done ? 'calibrate-anew' : 'calibrate'}
        >
          {done ? 'Calibrate anew' : 'Calibrate on the bundled text'}
        </button>
      </div>
      <label htmlFor={id} className="small">
        or on a public text of your own, one a line; whoever sees the ranges may guess at extremes of it
      </label>
      <input
        id={id}
        type="file"
        className="small"
        accept=".txt,text/plain"
        style={{ maxWidth: '100%' }}
        data-testid="calibration-text"
        onChange={choose}
      />
    </>
  );
}

function Files({ files: { calibration } }: { files: ModelFiles }) {
  if (!calibration) return null;
  const { json, tensors } = calibration;
  return (
    <div className="row">
      <Save name="calibration.json" content={json} type="application/json" />
      {tensors && <Save name="calibration.safetensors" content={tensors} type="application/octet-stream" />}
    </div>
  );
}

const Save = ({ name, content, type }: { name: string; content: string | Blob; type: string }) => (
  <button
    type="button"
    className="button button-small"
    onClick={() => download(name, content, type)}
    data-testid={`download-${name}`}
  >
    <DownloadIcon /> {name}
  </button>
);
