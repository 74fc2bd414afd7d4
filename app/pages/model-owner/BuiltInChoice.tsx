import { Fragment } from 'react';
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
  const shots = [...new Set(accuracy.map(({ shots }) => shots))].join(' or ');
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
        {sequences} texts of {tokens} tokens: {formatBytes(online)} between the tabs in {rounds} rounds, and{' '}
        {formatBytes(dealt)} of random numbers
      </span>
      <span className="choice-figures small muted">
        <span>Right, after {shots} examples a label</span>
        <span>with it</span>
        <span>without</span>
        {accuracy.map(({ task, head, alone }) => (
          <Fragment key={task}>
            <span>{task}</span>
            <strong className="number">{formatPercent(head)}</strong>
            <span className="number">{formatPercent(alone)}</span>
          </Fragment>
        ))}
      </span>
    </button>
  );
}
