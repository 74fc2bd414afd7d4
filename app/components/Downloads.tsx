import { type ArchivedRun, archiveOf } from '../lib/archive';
import { download } from '../lib/download';
import { historyCsv, historyJson, type Run, recordOf } from '../lib/history';
import { useSession } from '../stores/session';
import { useTraffic } from '../stores/traffic';
import { type FinishedRun, useTraining } from '../stores/training';
import { DownloadIcon } from './Icons';

/** A run's files; without a finished run, the history of the one that was under way. */
export function Downloads({ run }: { run?: FinishedRun }) {
  const { settings, baseline, history: current } = useTraining();
  const passes = useTraffic((traffic) => traffic.passes);
  const model = useSession((session) => session.model?.name ?? '');
  const record: Run = run ? recordOf(run, passes) : { settings, baseline, history: current };
  const { history = [] } = record;
  return (
    <div className="row">
      {run && (
        <>
          <button
            type="button"
            className="button button-small button-main"
            onClick={() => saveArchive({ run, passes, model })}
            data-testid="download-all"
          >
            <DownloadIcon /> everything, with a README
          </button>
          <DownloadButton
            name={run.result.file.name}
            testId={`download-${run.result.file.name.replace('.safetensors', '')}`}
            save={() => download(run.result.file.name, run.result.file.bytes, 'application/octet-stream')}
          />
          {run.result.answers && (
            <DownloadButton
              name="answers.safetensors"
              testId="download-answers"
              save={() => download('answers.safetensors', run.result.answers!, 'application/octet-stream')}
            />
          )}
        </>
      )}
      <DownloadButton
        name="history.json"
        testId="download-history-json"
        save={() => download('history.json', historyJson(record), 'application/json')}
      />
      {history.length > 0 && (
        <DownloadButton
          name="history.csv"
          testId="download-history-csv"
          save={() => download('history.csv', historyCsv(history), 'text/csv')}
        />
      )}
    </div>
  );
}

const saveArchive = (archived: ArchivedRun): void =>
  download(`secfwt-${archived.run.result.method.replaceAll(' ', '-')}.zip`, archiveOf(archived), 'application/zip');

const DownloadButton = ({ name, testId, save }: { name: string; testId: string; save(): void }) => (
  <button type="button" className="button button-small" onClick={save} data-testid={testId}>
    <DownloadIcon /> {name}
  </button>
);
