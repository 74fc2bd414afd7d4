import type { ReactNode } from 'react';

export const Stats = ({ children }: { children: ReactNode }) => <dl className="stats">{children}</dl>;

interface StatProps {
  name: string;
  children: ReactNode;
  testId?: string;
}

export const Stat = ({ name, children, testId }: StatProps) => (
  <div className="stat">
    <dt>{name}</dt>
    <dd data-testid={testId}>{children}</dd>
  </div>
);
