import { download } from '../lib/download';
import { historyCsv, historyJson } from '../lib/history';
import { type FinishedRun, useTraining } from '../stores/training';
import { DownloadIcon } from './Icons';

/** A run's files; without a finished run, the history of the one that was under way. */
export function Downloads({ run }: { run?: FinishedRun }) {
  const current = useTraining();
  const history = run?.result.history ?? current.history;
  const record = run
    ? {
        settings: run.settings,
        baseline: run.result.baseline,
        final: run.result.final,
        bestGeneration: run.result.bestGeneration,
        history,
      }
    : { settings: current.settings, baseline: current.baseline, history };
  return (
    <div className="row">
      {run && (
        <DownloadButton
          name="prompt.safetensors"
          testId="download-prompt"
          save={() => download('prompt.safetensors', run.result.prompt, 'application/octet-stream')}
        />
      )}
      <DownloadButton
        name="history.json"
        testId="download-history-json"
        save={() => download('history.json', historyJson(record), 'application/json')}
      />
      <DownloadButton
        name="history.csv"
        testId="download-history-csv"
        save={() => download('history.csv', historyCsv(history), 'text/csv')}
      />
    </div>
  );
}

const DownloadButton = ({ name, testId, save }: { name: string; testId: string; save(): void }) => (
  <button type="button" className="button button-small" onClick={save} data-testid={testId}>
    <DownloadIcon /> {name}
  </button>
);
