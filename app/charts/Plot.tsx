import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import uPlot, { type AlignedData, type Axis, type Options } from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useTheme } from '../stores/theme';
import { Figures } from './Figures';
import { type Level, type Row, type Series, tidy } from './series';

export interface PlotProps {
  rows: readonly Row[];
  series: readonly Series[];
  axis: { key: string; name: string };
  format(value: number): string;
  /** First and last of the horizontal axis. */
  horizontal: readonly [number, number];
  /** The same of the vertical one; otherwise by the values. */
  vertical?: readonly [number, number];
  levels?: readonly Level[];
  /** Series are parts of a whole, one column a row. */
  stacked?: boolean;
}

/** Beyond so many points, dots would hide the line. */
const MOST_DOTS = 40;
const WHOLE_STEPS = [1, 2, 5]
  .flatMap((digit) => [0, 1, 2, 3, 4].map((power) => digit * 10 ** power))
  .toSorted((a, b) => a - b);

/** uPlot draws on a canvas: a page that is drawn after every pass is drawn in a moment. */
export function Plot(props: PlotProps) {
  const { rows, series, axis, format, stacked = false } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const theme = useTheme((state) => state.theme);
  const [pointed, setPointed] = useState<{ row: number; left: number; right: boolean }>();
  const keys = series.map(({ key }) => key).join();

  // Colours are those of the theme, and series are told apart by their keys.
  useLayoutEffect(() => {
    const element = host.current!;
    const point = (u: uPlot) => {
      const { idx, left = 0 } = u.cursor;
      setPointed(idx == null || left < 0 ? undefined : { row: idx, ...placeOf(u, u.data[0][idx]!) });
    };
    const options = optionsFor(element, latest, point);
    const drawn = new uPlot(options, dataOf(latest.current), element);
    plot.current = drawn;
    const resized = new ResizeObserver(() => drawn.setSize(sizeOf(element)));
    resized.observe(element);
    return () => {
      resized.disconnect();
      drawn.destroy();
    };
  }, [theme, keys, stacked]);

  useEffect(() => plot.current?.setData(dataOf(latest.current)));

  const row = pointed && rows[pointed.row];
  return (
    <div className="plot" ref={host}>
      {pointed && row && (
        <div className="tooltip" data-side={pointed.right ? 'left' : 'right'} style={{ left: pointed.left }}>
          <Figures row={row} series={series} axis={axis} format={format} total={stacked} />
        </div>
      )}
    </div>
  );
}

const sizeOf = ({ clientWidth, clientHeight }: HTMLElement) => ({ width: clientWidth, height: clientHeight });

/** In pixels of the page, and whether it is in the right half. */
function placeOf(u: uPlot, value: number): { left: number; right: boolean } {
  const [left, width] = [u.valToPos(value, 'x'), u.over.clientWidth];
  return { left: u.over.offsetLeft + left, right: left > width / 2 };
}

/** Parts of a whole are heaped up, and the highest is drawn first. */
function dataOf({ rows, series, axis, stacked }: PlotProps): AlignedData {
  const columns = series.map(({ key }) => rows.map((row) => row[key] ?? null));
  if (stacked) {
    for (const [i, column] of columns.entries())
      if (i > 0) for (const [j, value] of column.entries()) column[j] = (columns[i - 1]![j] ?? 0) + (value ?? 0);
    columns.reverse();
  }
  return [rows.map((row) => row[axis.key] ?? 0), ...columns];
}

/** `latest` is read at every drawing, so that only what is read here once asks for another plot. */
function optionsFor(element: HTMLElement, latest: { current: PlotProps }, point: (u: uPlot) => void): Options {
  const styles = getComputedStyle(element);
  const ink = (color: string) =>
    color.replace(/^var\((.*)\)$/, (_, name: string) => styles.getPropertyValue(name).trim());
  const { series, stacked } = latest.current;
  const axes: Axis = {
    stroke: ink('var(--ink-2)'),
    font: `12px ${styles.fontFamily}`,
    grid: { stroke: ink('var(--line)'), width: 1 },
    ticks: { show: false },
  };
  const line = ({ color, dashed }: Series): uPlot.Series => ({
    stroke: ink(color),
    width: 2.25,
    dash: dashed ? [6, 4] : undefined,
    spanGaps: true,
    points: { show: (u) => u.data[0].length < MOST_DOTS, size: 6, fill: ink(color) },
  });
  // The gap between parts is drawn, so that they don't depend on colour alone.
  const columns = uPlot.paths.bars!({ size: [0.8, 48] });
  const part = ({ color }: Series): uPlot.Series => ({
    stroke: ink('var(--surface)'),
    width: 1,
    fill: ink(color),
    paths: columns,
    points: { show: false },
  });
  return {
    ...sizeOf(element),
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: !stacked } },
    scales: {
      x: { time: false, range: () => [...latest.current.horizontal] as [number, number] },
      y: {
        range: (_, low, high) => {
          const { vertical } = latest.current;
          if (vertical) return [...vertical] as [number, number];
          return stacked ? uPlot.rangeNum(0, high || 1, 0.05, true) : uPlot.rangeNum(low ?? 0, high ?? 1, 0.1, true);
        },
      },
    },
    axes: [
      { ...axes, size: 28, grid: { show: false }, incrs: WHOLE_STEPS },
      {
        ...axes,
        size: (_, labels) => 16 + 7 * Math.max(0, ...(labels ?? []).map(({ length }) => length)),
        values: (_, marks) => marks.map((value) => tidy(latest.current.format(value))),
      },
    ],
    series: [{}, ...(stacked ? series.map(part).reverse() : series.map(line))],
    hooks: {
      setCursor: [point],
      draw: [
        (u) => {
          for (const { value, color } of latest.current.levels ?? []) drawLevel(u, value, ink(color));
        },
      ],
    },
  };
}

/** Dashes across the whole plot. */
function drawLevel({ ctx, bbox, valToPos }: uPlot, value: number, color: string): void {
  const y = valToPos(value, 'y', true);
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
