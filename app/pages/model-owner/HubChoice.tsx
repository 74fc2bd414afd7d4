import { useState } from 'react';
import { KNOWN_ENCODERS } from '../../../src/models/known-encoders';
import { Field } from '../../components/Field';
import { Progress } from '../../components/Progress';
import { formatBytes } from '../../lib/format';
import { useOffer } from '../../stores/offer';

/** A model by its name on the hub. */
export function HubChoice() {
  const [name, setName] = useState('');
  const { files, loading, download, loadFromHub, cancel } = useOffer();
  const repository = name.trim();
  return (
    <form
      className="stack-tight"
      onSubmit={(event) => {
        event.preventDefault();
        if (repository !== '') loadFromHub(repository);
      }}
    >
      <p className="small">
        Encoders of sentences, from the Hugging Face hub. One is calibrated once, in this tab, and learns most tasks
        better than the built-in models.
      </p>
      <div className="columns">
        {KNOWN_ENCODERS.map(({ repository, description, layers, hidden, bytes }) => (
          <button
            key={repository}
            type="button"
            className="button choice"
            aria-pressed={files?.name === repository}
            onClick={() => loadFromHub(repository)}
            data-testid={`model-hub-${repository.split('/').at(-1)}`}
          >
            <span className="choice-title">
              {repository}
              <span className="muted small">
                {layers} layers of {hidden} · {formatBytes(bytes)} to fetch
              </span>
            </span>
            <span className="small">{description}</span>
          </button>
        ))}
      </div>
      <Field
        label="Or another name on the Hugging Face hub"
        help="BERT, RoBERTa, XLM-R and DistilBERT, with safetensors. It is kept in this browser; the hub learns which model you fetch."
      >
        {(control) => (
          <div className="row">
            <input
              {...control}
              className="input"
              placeholder="owner/model"
              autoComplete="off"
              spellCheck={false}
              value={name}
              onChange={(event) => setName(event.target.value)}
              data-testid="model-hub-name"
            />
            <button type="submit" className="button" disabled={repository === ''} data-testid="model-hub-fetch">
              Fetch
            </button>
            {loading && (
              <button type="button" className="button" onClick={cancel}>
                Stop
              </button>
            )}
          </div>
        )}
      </Field>
      {download && (
        <Progress
          activity={{
            label: `${download.file}, ${formatBytes(download.done)}${download.total > 0 ? ` of ${formatBytes(download.total)}` : ''}`,
            done: download.total > 0 ? download.done / download.total : 0,
            total: download.total > 0 ? 1 : 0,
          }}
        />
      )}
    </form>
  );
}
