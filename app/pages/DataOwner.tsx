import { SessionPanel } from '../components/SessionPanel';
import { useTraining } from '../stores/training';
import { DataStep } from './data-owner/DataStep';
import { ResultView } from './data-owner/ResultView';
import { SettingsStep } from './data-owner/SettingsStep';
import { StartPanel } from './data-owner/StartPanel';
import { TrainingView } from './data-owner/TrainingView';
import { WordsStep } from './data-owner/WordsStep';

/** The steps before training, training itself, or its result. */
export function DataOwner({ ended }: { ended: boolean }) {
  const phase = useTraining((training) => training.phase);
  const started = useTraining((training) => training.history.length > 0 || training.baseline !== undefined);

  if (phase === 'finished') return <ResultView ended={ended} />;
  if (ended) return started && phase !== 'setup' ? <TrainingView ended /> : null;
  if (phase !== 'setup') return <TrainingView ended={false} />;
  return (
    <div className="split">
      <div className="stack">
        <DataStep />
        <WordsStep />
        <SettingsStep />
      </div>
      <div className="stack aside">
        <SessionPanel />
        <StartPanel />
      </div>
    </div>
  );
}
