import { useState } from 'react';
import { Card } from '../../components/Card';
import { Field } from '../../components/Field';
import { Note } from '../../components/Note';
import { Progress } from '../../components/Progress';
import { formatPercent, sentence } from '../../lib/format';
import { classify } from '../../party/actions';
import { useActivity } from '../../stores/activity';
import { useTraining } from '../../stores/training';

/** Labels new texts with what was tuned or loaded; each costs the model owner a sequence, like any other. */
export function Classify() {
  const [typed, setTyped] = useState('');
  const { classifying, classifications, textProblems } = useTraining();
  const activity = useActivity((state) => state.activity);
  const texts = typed
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  return (
    <Card title="Classify new texts">
      <Field
        label="Texts, one a line"
        help="They are shared like your data: the model owner sees neither text nor answer."
      >
        {(control) => (
          <textarea
            {...control}
            className="input"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            data-testid="classify-input"
          />
        )}
      </Field>
      <div className="row">
        <button
          type="button"
          className="button button-main"
          disabled={texts.length === 0 || classifying}
          onClick={() => classify(texts)}
          data-testid="classify-run"
        >
          {classifying ? 'Classifying…' : 'Classify'}
        </button>
      </div>
      {classifying && activity && <Progress activity={activity} />}
      {textProblems.map((message) => (
        <Note tone="bad" key={message}>
          <p>{sentence(message)}</p>
        </Note>
      ))}
      {classifications.length > 0 && (
        <ul className="stack" aria-live="polite" data-testid="classifications">
          {classifications.map(({ text, label, probabilities }, index) => (
            <li key={index} className="stack-tight">
              <p>
                <strong className="badge" data-testid="classification">
                  {label}
                </strong>{' '}
                {text}
              </p>
              {Object.entries(probabilities).map(([name, probability]) => (
                <div key={name} className="bar-label">
                  <span>{name}</span>
                  <span className="track">
                    <span className="fill" style={{ display: 'block', width: `${100 * probability}%` }} />
                  </span>
                  <span className="number">{formatPercent(probability)}</span>
                </div>
              ))}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
