import type { ReactNode } from 'react';

interface NoteProps {
  tone?: 'plain' | 'good' | 'warning' | 'bad';
  children: ReactNode;
  testId?: string;
}

/** A message in place. Bad news is announced at once, the rest when the reader comes to it. */
export const Note = ({ tone = 'plain', children, testId }: NoteProps) => (
  <div className="note" data-tone={tone} data-testid={testId} role={tone === 'bad' ? 'alert' : undefined}>
    {children}
  </div>
);
