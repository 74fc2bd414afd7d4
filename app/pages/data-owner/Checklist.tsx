import { expectedRun } from '../../lib/expected-run';
import { counted, formatCount, sentence } from '../../lib/format';
import { needsWords, settingErrors } from '../../lib/settings-form';
import { useDataset } from '../../stores/dataset';
import { usePreparation } from '../../stores/preparation';
import { useOfferIn, useSession } from '../../stores/session';
import { useSettings } from '../../stores/settings';
import { useStock } from '../../stores/stock';
import { useTraffic } from '../../stores/traffic';

interface Condition {
  name: string;
  done: boolean;
  todo: string;
}

/** What a run still lacks. */
export function Checklist() {
  const items = useConditions();
  return (
    <ul className="checklist small">
      {items.map(({ name, done, todo }) => (
        <li key={name} data-done={done}>
          <span className="mark" aria-hidden="true">
            {done ? '✓' : '·'}
          </span>
          <span>
            {name}
            {!done && <span className="muted"> — {todo}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** What has to be so before a run can start; in the order in which one gets there. */
export function useConditions(): Condition[] {
  const stage = useSession((session) => session.stage);
  const model = useSession((session) => session.model);
  const { training, evaluation } = useDataset();
  const { labelWords, drafts } = useSettings();
  const { status, prepared, problems } = usePreparation();
  const left = useLeft();
  const kept = useStock((stock) => stock.kept);
  const opened = prepared && expectedRun(prepared, kept).numbers.total;
  const labels = training.dataset?.labels;
  const evaluationFits = !evaluation.table || evaluation.dataset !== undefined;
  const { problem } = evaluationFits ? training : evaluation;
  const offer = useOfferIn();
  const words = {
    name: 'Label words',
    done: labels?.every((label) => labelWords.get(label)?.trim()) ?? false,
    todo: 'one for every label',
  };
  return [
    {
      name: training.dataset ? counted(training.dataset.examples.texts.length, 'example') : 'Data',
      done: training.dataset !== undefined && evaluationFits,
      todo:
        (problem && [problem.message, problem.remedy].filter(Boolean).join(' ')) ||
        (evaluationFits ? 'load a file and choose its columns' : 'choose the evaluation file’s columns'),
    },
    ...(needsWords(drafts, offer) ? [words] : []),
    {
      name: 'Settings',
      done: Object.keys(settingErrors(drafts, offer)).length === 0,
      todo: 'correct the marked fields',
    },
    {
      name: model ? `Model “${model.name}”` : 'Model',
      done: stage === 'ready',
      todo: stage === 'handshake' ? 'the model owner has not offered it yet' : 'the model owner is not connected yet',
    },
    {
      name: 'Checked against the model',
      done: status === 'prepared',
      todo: (status === 'invalid' && problems[0] && sentence(problems[0].message)) || 'follows by itself',
    },
    ...(status === 'prepared' && opened !== undefined && left !== undefined
      ? [
          {
            name: `Budget: ${formatCount(opened)} of ${formatCount(left)} numbers that may be opened`,
            done: opened <= left,
            todo: 'ask the model owner to raise its limit, or choose a smaller run: otherwise it ends early',
          },
        ]
      : []),
  ];
}

/** Numbers that may still be opened, as the model owner last said. */
export function useLeft(): number | undefined {
  const offered = useSession(({ limits }) => limits?.session);
  const last = useTraffic((traffic) => traffic.passes.at(-1));
  return last ? last.budget - last.budgetUsed : offered;
}
