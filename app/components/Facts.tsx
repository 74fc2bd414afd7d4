import type { CSSProperties } from 'react';

interface FactsProps {
  /** In order; a value may be looked up in tests. */
  facts: readonly (readonly [name: string, value: string, testId?: string])[];
  style?: CSSProperties;
  testId?: string;
}

/** What things are called, and what they are. */
export function Facts({ facts, style, testId }: FactsProps) {
  return (
    <dl className="facts" style={style} data-testid={testId}>
      {facts.map(([name, value, valueTestId]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd data-testid={valueTestId}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
