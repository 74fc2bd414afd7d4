import type { Prepared } from '../../stores/preparation';

/** The first texts, and some that its vocabulary cannot spell, as the model will read them. */
export const Previews = ({ previews }: { previews: Prepared['previews'] }) =>
  previews.length > 0 && (
    <details>
      <summary className="small">How the model reads some of the texts</summary>
      <ul className="stack">
        {previews.map(({ row, pieces, truncated }) => (
          <li key={row} className="stack-tight">
            <span className="small muted">
              Row {row}
              {truncated && ', cut to fit the padded length'}
            </span>
            <span className="pieces">
              {pieces.map((piece, index) => (
                <span key={index} data-kind={/^<.*>$/.test(piece) ? 'special' : undefined}>
                  {piece}
                </span>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
