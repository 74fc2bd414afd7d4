import { type PointerEvent, type ReactNode, useState } from 'react';
import { sum } from '../lib/format';
import type { Row, Series } from './series';

/** A value, and where it stands on its axis: 0 is left or at the bottom, 1 right or at the top. */
export interface Tick {
  at: number;
  text: string;
}

interface PlotProps {
  rows: readonly Row[];
  series: readonly Series[];
  axis: { key: string; name: string };
  format(value: number): string;
  /** Where each row stands on the horizontal axis, and how much of it is its own. */
  places: readonly { at: number; width: number }[];
  horizontal: readonly Tick[];
  vertical: readonly Tick[];
  /** What is under the pointer adds up to something. */
  total?: boolean;
  /** Drawn in a square of SIDE that the page stretches. */
  children: ReactNode;
}

/** Of the square that everything is drawn in. */
export const SIDE = 100;

/**
 * Axes, gridlines, and the figures under the pointer. Marks are set by CSS and lines keep their width when the square is stretched, so nothing has
 * to be measured and a page that is drawn after every pass is drawn in a moment.
 */
export function Plot(props: PlotProps) {
  const { rows, series, axis, format, places, horizontal, vertical, total, children } = props;
  const [pointed, setPointed] = useState<number>();
  const point = ({ currentTarget, clientX }: PointerEvent<HTMLElement>) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    setPointed(nearest(places, (clientX - left) / width));
  };
  const leave = () => setPointed(undefined);
  const place = pointed === undefined ? undefined : places[pointed];
  const row = pointed === undefined ? undefined : rows[pointed];
  return (
    <div className="plot">
      <div className="plot-vertical">
        {vertical.map(({ at, text }) => (
          <span key={at} style={{ top: `${100 * (1 - at)}%` }}>
            {text}
          </span>
        ))}
      </div>
      <div className="plot-area" onPointerMove={point} onPointerLeave={leave} onPointerCancel={leave}>
        <svg viewBox={`0 0 ${SIDE} ${SIDE}`} preserveAspectRatio="none" aria-hidden="true">
          {place && (
            <rect
              className="pointed"
              x={SIDE * (place.at - place.width / 2)}
              y={0}
              width={SIDE * place.width}
              height={SIDE}
            />
          )}
          {vertical.map(({ at }) => (
            <line key={at} className="grid" x1={0} x2={SIDE} y1={SIDE * (1 - at)} y2={SIDE * (1 - at)} />
          ))}
          {children}
        </svg>
        {place && row && (
          <div className="tooltip" data-side={place.at > 0.5 ? 'left' : 'right'} style={{ left: `${100 * place.at}%` }}>
            <Figures row={row} series={series} axis={axis} format={format} total={total} />
          </div>
        )}
      </div>
      <div className="plot-horizontal">
        {horizontal.map(({ at, text }) => (
          <span key={at} style={{ left: `${100 * at}%` }}>
            {text}
          </span>
        ))}
      </div>
    </div>
  );
}

function nearest(places: PlotProps['places'], at: number): number | undefined {
  let found: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [i, place] of places.entries()) {
    const away = Math.abs(place.at - at);
    if (away >= least) continue;
    least = away;
    found = i;
  }
  return found;
}

interface FiguresProps extends Pick<PlotProps, 'series' | 'axis' | 'format' | 'total'> {
  row: Row;
}

function Figures({ row, series, axis, format, total }: FiguresProps) {
  const shown = series.filter(({ key }) => row[key] !== undefined);
  return (
    <>
      <strong>
        {axis.name} {row[axis.key]}
      </strong>
      <table>
        <tbody>
          {shown.map(({ key, name, color }) => (
            <tr key={key}>
              <td>
                <span className="swatch" style={{ display: 'inline-block', ['--swatch' as string]: color }} />
              </td>
              <td>{name}</td>
              <td className="end">{format(row[key]!)}</td>
            </tr>
          ))}
          {total && (
            <tr>
              <td />
              <td>together</td>
              <td className="end">{format(sum(shown.map(({ key }) => row[key]!)))}</td>
            </tr>
          )}
        </tbody>
      </table>
    </>
  );
}
