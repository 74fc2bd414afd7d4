/** Bars and curves as SVG: text that can be selected, and colours for light and dark pages alike. */

const WIDTH = 760;
const FONT = 13;
/** Of kinds and series, in their order: told apart by their lightness too. */
const LIGHT = ['#1f6feb', '#f0a23b', '#8250df', '#1a7f37'];
const DARK = ['#6cb0ff', '#e3b341', '#c297ff', '#56d364'];
const DASHES = ['', '7 4', '2 3', '9 3 2 3'];

const rules = (text: string, paper: string, line: string, colours: readonly string[]) =>
  `svg { background: ${paper} } text { fill: ${text} } .line { stroke: ${line} } .mark { stroke: ${text} }${colours
    .map((colour, i) => ` .k${i} { fill: ${colour}; stroke: ${colour} }`)
    .join('')}`;

const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const at = (x: number) => String(Number(x.toFixed(1)));

const label = (x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end' = 'start') =>
  `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${escaped(content)}</text>`;

function svg(title: string, height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${at(height)}" role="img" font-family="system-ui, sans-serif" font-size="${FONT}">
<title>${escaped(title)}</title>
<style>${rules('#1f2328', '#ffffff', '#d0d7de', LIGHT)}
@media (prefers-color-scheme: dark) { ${rules('#e6edf3', '#0d1117', '#3d444d', DARK)} }
.line, .mark, .curve { fill: none } .curve { stroke-width: 2 } .mark { stroke-width: 2 } .title { font-weight: 600 }</style>
${label(12, 22, title).replace('<text', '<text class="title"')}
${parts.join('\n')}
</svg>
`;
}

/** Names of kinds or series, side by side. */
function legend(names: readonly string[], y: number): string[] {
  let x = 12;
  return names.flatMap((name, i) => {
    const parts = [
      `<rect class="k${i}" x="${at(x)}" y="${at(y - 10)}" width="11" height="11"/>`,
      label(x + 17, y, name),
    ];
    x += 17 + 7.2 * name.length + 20;
    return parts;
  });
}

export interface Bar {
  label: string;
  /** One behind the other, one a kind. */
  values: readonly number[];
  /** Behind the bar. */
  note: string;
  /** What was expected, as a stroke across. */
  mark?: number;
}

/** Horizontal bars from zero. */
export function bars(title: string, kinds: readonly string[], rows: readonly Bar[]): string {
  const [step, top, left, right] = [26, 62, 210, 170];
  const longest = Math.max(
    ...rows.map(({ values, mark = 0 }) =>
      Math.max(
        mark,
        values.reduce((a, b) => a + b, 0),
      ),
    ),
  );
  const unit = (WIDTH - left - right) / longest;
  const parts = rows.flatMap(({ label: name, values, note, mark }, i) => {
    const y = top + i * step;
    let x = left;
    const boxes = values.map((value, kind) => {
      const box = `<rect class="k${kind}" stroke="none" x="${at(x)}" y="${at(y)}" width="${at(value * unit)}" height="15"/>`;
      x += value * unit;
      return box;
    });
    if (mark !== undefined) {
      const place = left + mark * unit;
      boxes.push(`<path class="mark" d="M${at(place)} ${at(y - 3)}v21"/>`);
      x = Math.max(x, place);
    }
    return [label(left - 8, y + 12, name, 'end'), ...boxes, label(x + 7, y + 12, note)];
  });
  return svg(title, top + rows.length * step + 8, [...legend(kinds, 44), ...parts]);
}

export interface Curve {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
}

/** Curves on two logarithmic axes. `format` is of a value on the upright one. */
export function curves(
  title: string,
  axis: string,
  series: readonly Curve[],
  format: (value: number) => string,
): string {
  const [top, left, right, bottom, height] = [66, 80, 24, 52, 360];
  const all = series.flatMap(({ points }) => points);
  const [xs, ys] = [0, 1].map((i) => all.map((point) => point[i]!)) as [number[], number[]];
  const decades = [Math.floor(Math.log10(Math.min(...ys))), Math.ceil(Math.log10(Math.max(...ys)))] as const;
  const scaleOf = (low: number, high: number, from: number, to: number) => (value: number) =>
    from + ((to - from) * Math.log(value / low)) / Math.log(high / low);
  const x = scaleOf(Math.min(...xs), Math.max(...xs), left, WIDTH - right);
  const y = scaleOf(10 ** decades[0], 10 ** decades[1], height - bottom, top);
  const lines = Array.from({ length: decades[1] - decades[0] + 1 }, (_, i) => 10 ** (decades[0] + i)).flatMap(
    (value) => [
      `<path class="line" d="M${left} ${at(y(value))}H${WIDTH - right}"/>`,
      label(left - 8, y(value) + 4, format(value), 'end'),
    ],
  );
  const ticks = [...new Set(xs)].map((value) => label(x(value), height - bottom + 20, String(value), 'middle'));
  const drawn = series.flatMap(({ points }, i) => [
    `<path class="k${i} curve" style="fill: none" stroke-dasharray="${DASHES[i]}" d="M${points.map(([a, b]) => `${at(x(a))} ${at(y(b))}`).join('L')}"/>`,
    ...points.map(([a, b]) => `<circle class="k${i}" cx="${at(x(a))}" cy="${at(y(b))}" r="3.5"/>`),
  ]);
  const names = legend(
    series.map(({ name }) => name),
    46,
  );
  return svg(title, height, [...names, ...lines, ...ticks, label(WIDTH / 2, height - 10, axis, 'middle'), ...drawn]);
}
