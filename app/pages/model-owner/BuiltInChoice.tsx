import type { BuiltIn } from '../../../src/models/built-in';
import { formatBytes, formatPercent } from '../../lib/format';

interface BuiltInChoiceProps {
  model: BuiltIn;
  chosen: boolean;
  onChoose(): void;
}

/** One built-in model with what it costs and what it can do, both as measured. */
export function BuiltInChoice({ model, chosen, onChoose }: BuiltInChoiceProps) {
  const { id, description, layers, hidden, bytes, generation, accuracy } = model;
  const { rounds, online, dealt, sequences, tokens } = generation;
  return (
    <button
      type="button"
      className="button choice"
      aria-pressed={chosen}
      onClick={onChoose}
      data-testid={`model-builtin-${id}`}
    >
      <span className="choice-title">
        Use the built-in model “{id}”
        <span className="muted small">
          {layers} layers of {hidden} · {formatBytes(bytes)}
        </span>
      </span>
      <span className="small">{description}</span>
      <span className="small muted">
        A generation of {sequences} sequences × {tokens} tokens: {rounds} rounds, {formatBytes(online)} between the
        tabs, {formatBytes(dealt)} dealt
      </span>
      {accuracy.map(({ task, shots, head, alone }) => (
        <span key={task} className="small muted">
          On {task}, {shots} examples a label: {formatPercent(head)} with a head; without a model {formatPercent(alone)}
        </span>
      ))}
    </button>
  );
}
