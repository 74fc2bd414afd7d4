import { SessionPanel } from '../components/SessionPanel';
import { useSession } from '../stores/session';
import { useTraining } from '../stores/training';
import { ActionBar } from './data-owner/ActionBar';
import { Classify } from './data-owner/Classify';
import { DataStep } from './data-owner/DataStep';
import { KeptRun } from './data-owner/KeptRun';
import { LoadResult } from './data-owner/LoadResult';
import { PrepareAhead } from './data-owner/PrepareAhead';
import { ResultView } from './data-owner/ResultView';
import { SettingsStep } from './data-owner/SettingsStep';
import { StartPanel } from './data-owner/StartPanel';
import { TrainingView } from './data-owner/TrainingView';
import { WordsStep } from './data-owner/WordsStep';

/** The steps before training, training itself, or its result. A sentence encoder is asked for no words. */
export function DataOwner({ ended }: { ended: boolean }) {
  const phase = useTraining((training) => training.phase);
  const started = useTraining((training) => training.history.length > 0 || training.baseline !== undefined);
  const loaded = useTraining((training) => training.loaded);
  const isEncoder = useSession(({ model }) => model?.task === 'embedding');

  if (phase === 'finished') return <ResultView ended={ended} />;
  if (ended) return started && phase !== 'setup' ? <TrainingView ended /> : null;
  if (phase !== 'setup') return <TrainingView ended={false} />;
  return (
    <>
      <div className="split">
        <div className="stack">
          {loaded && <Classify />}
          <DataStep />
          {!isEncoder && <WordsStep />}
          <SettingsStep step={isEncoder ? 2 : 3} />
        </div>
        <div className="stack aside">
          <SessionPanel />
          <KeptRun />
          <StartPanel />
          <PrepareAhead />
          <LoadResult />
        </div>
      </div>
      <ActionBar />
    </>
  );
}
