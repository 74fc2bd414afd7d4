import { Card } from '../../components/Card';
import { Field } from '../../components/Field';
import { isNarrow } from '../../lib/narrow';
import { needsWords } from '../../lib/settings-form';
import { ideasFor } from '../../lib/suggestions';
import { useDataset } from '../../stores/dataset';
import { useProblems } from '../../stores/preparation';
import { useOfferIn } from '../../stores/session';
import { useSettings } from '../../stores/settings';

/** One word for every label (the worker names a bad one's field `labelWords.LABEL`): the model answers by how likely it finds each of them. */
export function WordsStep() {
  const labels = useDataset((data) => data.training.dataset?.labels);
  const { labelWords, drafts } = useSettings();
  const needed = needsWords(drafts, useOfferIn());
  const done = labels?.every((label) => !needed || labelWords.get(label)?.trim()) ?? false;
  const troubled = useProblems().some(({ field }) => field?.startsWith('labelWords.'));
  return (
    <Card step={2} title="Label words" done={done}>
      {needed ? (
        <>
          <p className="muted">
            The model fills a blank after each text; the label whose word it prefers is its answer. It has to know each
            word in one piece.
          </p>
          <Words labels={labels} />
        </>
      ) : (
        <details open={!isNarrow() || troubled || undefined}>
          <summary>Not needed, but with words a head may learn better</summary>
          <Words labels={labels} />
        </details>
      )}
    </Card>
  );
}

function Words({ labels }: { labels?: readonly string[] }) {
  const { labelWords, setWord } = useSettings();
  if (!labels)
    return <p className="muted">The labels appear here when the data is loaded and its label column chosen.</p>;
  return (
    <div className="columns">
      {labels.map((label) => (
        <Word
          key={label}
          label={label}
          labels={labels}
          word={labelWords.get(label) ?? ''}
          setWord={(word) => setWord(label, word)}
        />
      ))}
    </div>
  );
}

interface WordProps {
  label: string;
  labels: readonly string[];
  word: string;
  setWord(word: string): void;
}

function Word({ label, labels, word, setWord }: WordProps) {
  const problem = useProblems().find(({ field }) => field === `labelWords.${label}`);
  const suggestions = problem?.suggestions?.length ? problem.suggestions : ideasFor(label, labels);
  return (
    <div className="stack-tight">
      <Field label={`Word for “${label}”`} error={problem?.message}>
        {(control) => (
          <input
            {...control}
            className="input"
            value={word}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setWord(event.target.value)}
            data-testid={`word-${label}`}
          />
        )}
      </Field>
      {suggestions.length > 0 && (
        <fieldset className="chips">
          <legend className="unseen">Suggestions for “{label}”</legend>
          {suggestions.map((suggestion) => (
            <button
              key={suggestion}
              type="button"
              className="chip"
              aria-pressed={suggestion === word}
              onClick={() => setWord(suggestion)}
            >
              {suggestion}
            </button>
          ))}
        </fieldset>
      )}
    </div>
  );
}
