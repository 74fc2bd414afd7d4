import { type ReactNode, useId } from 'react';

interface CardProps {
  title: ReactNode;
  /** At the right end of the head. */
  tail?: ReactNode;
  /** A step's number; ticked when done. */
  step?: number;
  done?: boolean;
  children: ReactNode;
}

export function Card({ title, tail, step, done, children }: CardProps) {
  const id = useId();
  return (
    <section className="card" aria-labelledby={id}>
      <div className="card-head">
        {step !== undefined && (
          <span className="step-mark" data-done={done}>
            {done ? '✓' : step}
            {done && <span className="unseen">done</span>}
          </span>
        )}
        <h2 id={id}>{title}</h2>
        {tail && <div className="tail">{tail}</div>}
      </div>
      {children}
    </section>
  );
}
