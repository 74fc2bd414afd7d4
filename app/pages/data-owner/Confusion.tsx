import type { ReactNode } from 'react';
import type { Measurement } from '../../../src/session/messages';
import { Card } from '../../components/Card';
import { formatCount, formatPercent, sum } from '../../lib/format';

/** How often each label was taken for which, and what follows for each of them. A cell's depth is its share of the row. */
export const Confusion = ({ evaluation: { confusion, scores, labels } }: { evaluation: Measurement }) => (
  <Card title="Which label was taken for which">
    <Scroll label="Confusion table">
      <table className="confusion" data-testid="confusion">
        <thead>
          <tr>
            <td className="muted small" style={{ textAlign: 'left' }}>
              is ↓ · was taken for →
            </td>
            {labels.map((label) => (
              <th scope="col" key={label} style={{ textAlign: 'center', background: 'none' }}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {confusion.map((row, actual) => (
            <tr key={labels[actual]}>
              <th scope="row">{labels[actual]}</th>
              {row.map((count, predicted) => {
                const share = Math.round((55 * count) / Math.max(1, sum(row)));
                const color = actual === predicted ? 'var(--role)' : 'var(--bad)';
                return (
                  <td
                    key={labels[predicted]}
                    style={{ background: `color-mix(in srgb, ${color} ${share}%, var(--sunken))` }}
                  >
                    {formatCount(count)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
    <Scroll label="Precision and recall">
      <table className="plain-table" data-testid="scores">
        <thead>
          <tr>
            <td />
            {['precision', 'recall', 'F1', 'examples'].map((name) => (
              <th scope="col" className="end" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {scores.classes.map(({ precision, recall, f1, examples }, c) => (
            <tr key={labels[c]}>
              <th scope="row">{labels[c]}</th>
              <td className="end number">{formatPercent(precision)}</td>
              <td className="end number">{formatPercent(recall)}</td>
              <td className="end number">{formatPercent(f1)}</td>
              <td className="end number">{formatCount(examples)}</td>
            </tr>
          ))}
          <tr>
            <th scope="row" colSpan={3}>
              mean of the labels (macro F1)
            </th>
            <td className="end number" data-testid="macro-f1">
              {formatPercent(scores.macroF1)}
            </td>
            <td />
          </tr>
        </tbody>
      </table>
    </Scroll>
    <p className="small muted">
      Precision: how many of those taken for a label have it. Recall: how many of those that have it were taken for it.
    </p>
  </Card>
);

const Scroll = ({ label, children }: { label: string; children: ReactNode }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  <section style={{ overflowX: 'auto' }} tabIndex={0} aria-label={label}>
    {children}
  </section>
);
