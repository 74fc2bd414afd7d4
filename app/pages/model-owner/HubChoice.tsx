import { useState } from 'react';
import { Field } from '../../components/Field';
import { Progress } from '../../components/Progress';
import { formatBytes } from '../../lib/format';
import { useOffer } from '../../stores/offer';

/** A model by its name on the hub. */
export function HubChoice() {
  const [name, setName] = useState('');
  const { loading, download, loadFromHub, cancel } = useOffer();
  const repository = name.trim();
  return (
    <form
      className="stack-tight"
      onSubmit={(event) => {
        event.preventDefault();
        if (repository !== '') loadFromHub(repository);
      }}
    >
      <Field
        label="Or a name on the Hugging Face hub"
        help="BERT, RoBERTa, XLM-R and DistilBERT, with safetensors. It is kept in this browser; the hub learns which model you fetch."
      >
        {(control) => (
          <div className="row">
            <input
              {...control}
              className="input"
              placeholder="sentence-transformers/all-MiniLM-L6-v2"
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
