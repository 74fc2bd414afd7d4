import type { Measurement } from '../../../src/session/messages';
import { Card } from '../../components/Card';
import { formatCount, sum } from '../../lib/format';

/** How often each label was taken for which. A cell's depth is its share of the row. */
export const Confusion = ({ evaluation: { confusion, labels } }: { evaluation: Measurement }) => (
  <Card title="Which label was taken for which">
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
    <section style={{ overflowX: 'auto' }} tabIndex={0} aria-label="Confusion table">
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
    </section>
  </Card>
);
