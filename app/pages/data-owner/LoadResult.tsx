import { Card } from '../../components/Card';
import { Note } from '../../components/Note';
import { sentence } from '../../lib/format';
import { loadResult } from '../../party/training-actions';
import { useSession } from '../../stores/session';
import { useTraining } from '../../stores/training';

/** Labelling without training: with the file that an earlier run saved, of the same model. */
export function LoadResult() {
  const ready = useSession(({ stage }) => stage === 'ready');
  const { loaded, unloadable } = useTraining();
  if (!ready) return null;
  return (
    <Card title="An earlier result">
      <p className="small muted">
        The prompt or head that you downloaded from a run with this model labels new texts without training.
      </p>
      <div className="row">
        <label className="button button-small">
          Load a file
          <input
            type="file"
            className="unseen"
            accept=".safetensors"
            data-testid="load-result"
            onChange={(event) => {
              const [file] = event.target.files ?? [];
              if (file) void loadResult(file);
              event.target.value = '';
            }}
          />
        </label>
      </div>
      {unloadable && (
        <Note tone="bad" testId="unloadable">
          <p>{sentence(unloadable)}</p>
        </Note>
      )}
      {loaded && (
        <p className="small" role="status" data-testid="loaded">
          A {loaded.what} for {loaded.labels.map((label) => `“${label}”`).join(', ')} is loaded. Type texts under
          “Classify new texts”.
        </p>
      )}
    </Card>
  );
}
