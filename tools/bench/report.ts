/** docs/benchmarks.md and its pictures from docs/benchmarks.json: everything they say of figures is computed from it. */
import { describe } from '../../app/lib/run-time';
import type { Traffic } from '../../src/mpc/report';
import { formatBytes, formatCount } from '../command-line';
import type {
  Benchmarks,
  Checkpoints,
  Counted,
  CountedPass,
  Counts,
  Growth,
  Jiff,
  Kernels,
  Network,
  NetworkPass,
  Privacy,
  SectionName,
  Sections,
  Spread,
  Tabs,
  Way,
} from './figures';
import { sectionNames } from './figures';
import { bars, curves } from './plot';
import { BERT_BASE, type Published, SECP_TUNING } from './published';

export interface Rendered {
  markdown: string;
  /** SVG by file name. */
  pictures: Record<string, string>;
  /** The README's table; undefined where nothing was measured. */
  readme?: string;
}

interface Part {
  text: string;
  pictures?: Record<string, string>;
}

const INTRODUCTION = `# Benchmarks

Written by \`npm run bench\`, from [benchmarks.json](benchmarks.json), which has every figure. \`npm run bench -- --only NAME,…\` makes some of its sections
anew (${sectionNames.map((name) => `*${name}*`).join(', ')}); the others keep theirs, with the day and the machine under each.

Bytes and rounds are counts of payload (a frame adds 20 bytes a message), the same on every machine, and a test holds them equal to what a run counts. Times are
of one machine, so what is compared is measured in turn within one run and told as a ratio: the median, and in brackets the least and the most.`;

export function render({ sections }: Benchmarks): Rendered {
  const pictures: Record<string, string> = {};
  const texts = sectionNames.flatMap((name) => {
    const section = sections[name];
    if (!section) return [];
    const part = RENDER[name](section.figures as never);
    Object.assign(pictures, part.pictures);
    const made = COUNTED.includes(name) ? `counted on ${section.date}` : `${section.date}, ${section.machine}`;
    return [`## ${TITLES[name]}`, part.text, `*${name}: ${made}*`];
  });
  const readme = sections.checkpoints && readmeTable(sections.checkpoints.figures);
  return { markdown: `${[INTRODUCTION, ...texts].join('\n\n')}\n`, pictures, readme };
}

/** What is the same on every machine. */
const COUNTED: readonly SectionName[] = ['counts', 'growth'];

const TITLES: { readonly [K in SectionName]: string } = {
  counts: 'What a forward pass costs',
  growth: 'How it grows',
  checkpoints: 'Stock checkpoints, measured',
  jiff: 'The same step with jiff',
  kernels: 'Kernels',
  network: 'On networks',
  tabs: 'In two tabs, far from each other',
  privacy: 'The price of privacy',
};

const RENDER: { readonly [K in SectionName]: (figures: Sections[K]) => Part } = {
  counts: renderCounts,
  growth: renderGrowth,
  checkpoints: renderCheckpoints,
  jiff: renderJiff,
  kernels: renderKernels,
  network: renderNetwork,
  tabs: renderTabs,
  privacy: renderPrivacy,
};

/** Columns of figures are flush right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, i) => (i > 0 && rows.every((cells) => /^([\d.,]|$)/.test(cells[i]!)) ? '--:' : '---'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const picture = (file: string, says: string) => `![${says}](images/${file})`;

const ATTENTION = { softmax: 'softmax', rfa: 'random features' } as const;
const online = ({ toModelOwner, toDataOwner }: Pick<Traffic, 'toModelOwner' | 'toDataOwner'>) =>
  toModelOwner + toDataOwner;
const factor = (x: number) => x.toLocaleString('en', { maximumSignificantDigits: 2 });
const times = (x: number) => `${factor(x)} ×`;
const ratio = ({ median, least, most }: Spread) => `${times(median)} (${factor(least)}–${factor(most)})`;
const percent = (x: number) => (100 * x).toFixed(1);

/** 0.0123 → 12.3 ms. */
function duration(seconds: number): string {
  for (const [unit, size] of [
    ['s', 1],
    ['ms', 1e-3],
    ['µs', 1e-6],
  ] as const)
    if (seconds >= size) return `${Number((seconds / size).toPrecision(3))} ${unit}`;
  return `${Number((seconds / 1e-9).toPrecision(3))} ns`;
}

function renderCounts({ shapes, builtIn }: Counts): Part {
  const passes = shapes.flatMap(({ model, layers, hidden, passes }) =>
    passes.map((pass) => [
      `${model} (${layers} × ${hidden})`,
      String(pass.tokens),
      ATTENTION[pass.attention],
      String(pass.rounds),
      formatBytes(online(pass)),
      formatBytes(pass.dealt),
      formatBytes(pass.setup),
      formatCount(pass.operations),
    ]),
  );
  const base = shapes.find(({ model }) => model === 'BERT-base')!.passes.filter(({ tokens }) => tokens === 128);
  const ours = base.map((pass) => ({
    system: `this project, ${ATTENTION[pass.attention]}`,
    paper: 'counted, above',
    note: `and ${formatBytes(pass.setup)} of masked matrices, once a run of any length`,
    setting: 'two semi-honest parties and a dealer',
    online: online(pass),
    preprocessing: pass.dealt,
    rounds: pass.rounds,
  }));
  const compared: Published[] = [...ours, ...BERT_BASE];
  const chart = bars(
    'BERT-base, one text of 128 tokens: bytes in all',
    ['between the parties', 'from the dealer (keys, correlations)', 'not told apart'],
    compared.map((each) => {
      const values = [each.online ?? 0, each.preprocessing ?? 0, each.together ?? 0];
      return { label: each.system, values, note: formatBytes(values.reduce((a, b) => a + b, 0)) };
    }),
  );
  const large = shapes.find(({ model }) => model === 'RoBERTa-large')!.passes.filter(({ tokens }) => tokens === 512);
  const secp = large
    .map((pass) => `${formatBytes(online(pass) + pass.dealt)} in all with ${ATTENTION[pass.attention]}`)
    .join(', ');
  const text = [
    `One text, of which two label words are opened. *Set-up* is the model's masked matrices, sent once a run. Ranges are typical ones: a calibrated model's may cost more or
less ([measured](#stock-checkpoints-measured)). What is dealt can be dealt before the text is there. Of the last layer only the answer position is computed.`,
    table(
      ['model', 'tokens', 'attention', 'rounds', 'between the parties', 'dealt', 'set-up', 'ring products'],
      passes,
    ),
    `Operation by operation, at 128 tokens, *between the parties / dealt* (the other lengths are in benchmarks.json, and \`npm run cost\` prints any shape):`,
    ...(['softmax', 'rfa'] as const).map((attention) => operationsOf(shapes, attention)),
    '### Beside what others report',
    `BERT-base, one text of 128 tokens. The others' figures are their papers', on their hardware and under the assumptions in the second column; none was measured here. Ours needs a
dealer that colludes with nobody, as SIGMA, FuseFSS, CrypTen and SHAFT do, where NEXUS and BumbleBee need nobody else; and what a dealer sends comes on top of what goes between
the parties, if earlier. Theirs are of a whole forward pass, ours of one that leaves out of the last layer what nobody reads.`,
    picture('benchmarks-others.svg', 'Bytes of one text through BERT-base under several systems'),
    table(
      ['system', 'setting', 'between the parties', 'from the dealer', 'not told apart', 'rounds', 'source'],
      compared.map((each) => [
        each.system,
        each.setting,
        ...[each.online, each.preprocessing, each.together].map((bytes) => (bytes ? formatBytes(bytes) : '')),
        each.rounds ? formatCount(each.rounds) : '',
        [each.paper, each.note].filter(Boolean).join('; '),
      ]),
    ),
    `For tuning: SecP-Tuning (${SECP_TUNING.paper}), which this project's idea is from, reports ${formatBytes(SECP_TUNING.features)} for RoBERTa-large with random features and
${formatBytes(SECP_TUNING.softmax)} without, for its own batch; semi-honest parties with a dealer. Here a text of 512 tokens takes ${secp}.`,
    '### The built-in models',
    ...builtIn.flatMap(builtInTables),
  ];
  return { text: text.join('\n\n'), pictures: { 'benchmarks-others.svg': chart } };
}

/** Kinds of nodes down, models across. */
function operationsOf(shapes: Counts['shapes'], attention: CountedPass['attention']): string {
  const passes = shapes.map(
    ({ passes }) => passes.find((pass) => pass.attention === attention && pass.tokens === 128)!,
  );
  const kinds = [...new Set(passes.flatMap(({ byOperation }) => Object.keys(byOperation)))];
  const cell = (cost: Traffic | undefined) =>
    cost && online(cost) + cost.dealt > 0
      ? `${formatBytes(online(cost)) || '0'} / ${formatBytes(cost.dealt) || '0'}`
      : '';
  const rows = kinds
    .map((kind) => [kind, ...passes.map(({ byOperation }) => cell(byOperation[kind]))])
    .filter(([, ...cells]) => cells.some(Boolean));
  return table(
    [ATTENTION[attention], ...shapes.map(({ model }) => model)],
    [...rows, ['together', ...passes.map(cell)]],
  );
}

function builtInTables({ model, population, batch, tokens, passes }: Counts['builtIn'][number]): string[] {
  const whole = passes.find((pass) => pass.tokens === tokens)!;
  const cells = ({ toModelOwner, toDataOwner, dealt }: Traffic) => [toModelOwner, toDataOwner, dealt].map(formatBytes);
  const operations: [string, Counted][] = [...Object.entries(whole.byOperation), ['together', whole]];
  return [
    `**${model}**, a generation: ${population} candidates × ${batch} examples = ${population * batch} sequences, by padded length.`,
    table(
      ['tokens', 'rounds', 'to the model owner', 'to the data owner', 'dealt'],
      passes.map((pass) => [String(pass.tokens), String(pass.rounds), ...cells(pass)]),
    ),
    `By operation, at ${tokens} tokens (rounds are shared, so they do not add up):`,
    table(
      ['operation', 'rounds', 'to the model owner', 'to the data owner', 'dealt', 'ring products'],
      operations.map(([name, cost]) => [
        name,
        cost.rounds ? String(cost.rounds) : '',
        ...cells(cost),
        formatCount(cost.operations),
      ]),
    ),
    `Once a run, the masked matrices: ${formatBytes(whole.setup)} to the data owner.`,
  ];
}

/** The slope of a straight line through the logarithms, by least squares: y grows as x to this power. */
export function exponent(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (i: 0 | 1) => logs.reduce((sum, point) => sum + point[i], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  return logs.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / logs.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

const AXES = { tokens: 'tokens', sequences: 'sequences', layers: 'layers', hidden: 'width' } as const;

function renderGrowth({ base, series }: Growth): Part {
  const quantities = ['rounds', 'online', 'dealt', 'operations'] as const;
  const rows = series.map(({ axis, attention, points }) => [
    `${AXES[axis]}, ${points[0]!.at} to ${points.at(-1)!.at}`,
    ATTENTION[attention],
    ...quantities.map((quantity) => exponent(points.map((point) => [point.at, point[quantity]])).toFixed(2)),
  ]);
  const chart = curves(
    `${base.layers} layers of ${base.hidden}, one text: bytes dealt, and between the parties`,
    'tokens',
    series
      .filter(({ axis }) => axis === 'tokens')
      .flatMap(({ attention, points }) => [
        { name: `dealt, ${ATTENTION[attention]}`, points: points.map(({ at, dealt }) => [at, dealt] as const) },
        {
          name: `parties, ${ATTENTION[attention]}`,
          points: points.map(({ at, online }) => [at, online] as const),
        },
      ]),
    formatBytes,
  );
  const text = [
    `From ${base.layers} layers of ${base.hidden}, ${base.tokens} tokens and ${base.sequences} sequence, one thing changed at a time (with the width, the heads). The exponent *p* of the
power *x*^*p* that fits best: 1 is in proportion, 2 with the square, 0 not at all.`,
    table(['what grows', 'attention', 'rounds', 'between the parties', 'dealt', 'ring products'], rows),
    picture('benchmarks-growth.svg', 'Bytes by tokens, on logarithmic axes'),
  ];
  return { text: text.join('\n\n'), pictures: { 'benchmarks-growth.svg': chart } };
}

/** As `npm run check:models` demands it. */
const LEAST_COSINE = 0.9995;

function renderCheckpoints({ models }: Checkpoints): Part {
  const passes = models.flatMap((model) => model.passes.map((pass) => ({ ...model, ...pass })));
  const rows = passes.map((pass) => [
    `${pass.model} (${pass.layers} × ${pass.hidden})`,
    String(pass.tokens),
    String(pass.rounds),
    formatBytes(online(pass)),
    formatBytes(pass.dealt),
    `${pass.cosine.least.toFixed(6)} / ${pass.cosine.mean.toFixed(6)}`,
    duration(pass.seconds),
    times(pass.seconds / pass.clearSeconds),
  ]);
  const off = passes.filter(
    ({ counted, ...pass }) =>
      !(['rounds', 'toModelOwner', 'toDataOwner', 'dealt'] as const).every((key) => counted[key] === pass[key]),
  );
  const wrong = passes.filter(({ cosine }) => cosine.least < LEAST_COSINE);
  const agreement = off.length
    ? `**The cost model says otherwise** of ${off.map(({ model, tokens }) => `${model} at ${tokens} tokens`).join(', ')}.`
    : 'The cost model says the same of every one of them, to the byte.';
  const text = [
    `Sentence encoders as they come from Hugging Face, calibrated on the bundled text; softmax, and the whole vector is opened. A text, its three roles in one process on one
thread, with bytes as they went over the links. ${agreement} The texts are lines of the bundled text, one behind the other, until all tokens are used. The cosine is with the same model
in the clear (least / mean of ${passes[0]?.texts} texts); the last column, how many times as long as in the clear, in WebAssembly too.`,
    ...wrong.map(
      ({ model, tokens, cosine }) =>
        `**What ${model} opened at ${tokens} tokens is wrong**: a cosine of ${cosine.least.toFixed(2)}. Such a text is longer than any that it was calibrated on.`,
    ),
    table(['model', 'tokens', 'rounds', 'between the parties', 'dealt', 'cosine', 'seconds', 'in the clear'], rows),
  ];
  return { text: text.join('\n\n') };
}

const README_TOKENS = 32;

const readmeTable = ({ models }: Checkpoints): string =>
  table(
    ['', 'rounds', 'between the parties', 'from the dealer'],
    models.flatMap(({ model, layers, hidden, passes }) =>
      passes
        .filter(({ tokens }) => tokens === README_TOKENS)
        .map((pass) => [
          `${model} (${layers} layers of ${hidden})`,
          String(pass.rounds),
          formatBytes(online(pass)),
          formatBytes(pass.dealt),
        ]),
    ),
  );

/** The README with its table as rendered; as it is where there is none. Throws for one without the place for it. */
export function withTable(text: string, { readme }: Rendered): string {
  const [before, rest] = text.split(TABLE_FROM);
  const [, after] = rest?.split(TABLE_TO) ?? [];
  if (after === undefined) throw new Error(`the README has no “${TABLE_FROM}” … “${TABLE_TO}”`);
  return readme ? [before, TABLE_FROM, `\n${readme}\n`, TABLE_TO, after].join('') : text;
}

const [TABLE_FROM, TABLE_TO] = ['<!-- npm run bench writes this -->', '<!-- to here -->'];

function renderJiff({ version, steps }: Jiff): Part {
  const row = (step: string, who: string, { elements, seconds, bytes, rounds, largestError }: Way) => [
    step,
    who,
    duration(seconds.median / elements),
    formatBytes(Math.round(bytes / elements)),
    String(rounds),
    largestError.toFixed(4),
  ];
  const rows = steps.flatMap(({ step, here, jiff, ratio: slower }) => [
    [...row(step, 'here', here), ''],
    [...row('', 'jiff', jiff), ratio(slower)],
  ]);
  const text = [
    `[jiff-mpc](https://www.npmjs.com/package/jiff-mpc) ${version} is what a JavaScript developer finds who looks for secure computation on numbers. Two parties and its server, which deals
as ours does, with four digits behind the point. It has products, sums and comparisons, but neither cosine nor GELU: those are c₀ + c₁·x² + c₂·x⁴ (and x/2), as close as it gets on
the interval, by Horner's rule. A product of matrices is cut back to four digits once an element, in place of once a product, which favours it. Here they are the functions
themselves, as gates, of ${formatCount(steps[0]?.here.elements ?? 0)} elements at once; there of one, since one takes seconds (what a step takes whatever its size is spread over many here). All three roles are in one process either way, jiff's over sockets of this machine and ours in
memory. Bytes are all that any of the three says, jiff's with what its protocol wraps around, ours with the masked matrix. A round is once from a party to the other: jiff's are counted by
holding back what is said until nobody says any more. They are the same for any number of elements.`,
    table(['step', 'by', 'time an element', 'bytes an element', 'rounds', 'largest error', 'longer than here'], rows),
  ];
  return { text: text.join('\n\n') };
}

function renderKernels({ gpu, threads, lines }: Kernels): Part {
  const backends = [...new Set(lines.flatMap(({ seconds }) => Object.keys(seconds)))];
  const cell = (spread: Spread | undefined) => (spread ? ratio(spread) : '');
  const rate = (amount: number, spread: Spread | undefined) =>
    spread ? (amount / spread.median / 1e9).toPrecision(3) : '';
  const products = lines.filter(({ toFloat32 }) => Object.keys(toFloat32).length > 0);
  const software = gpu && /swiftshader|llvmpipe|software/i.test(gpu);
  const on = gpu
    ? `WebGPU is ${gpu}${software ? ', **software on the processor and no graphics card**: none was there' : ''}.`
    : 'There was no WebGPU.';
  const text = [
    `One call, all backends in turn. ${on} WebAssembly is on one thread and on ${threads}. First how many times as long a product of matrices over the ring takes as the
float32 product of the same shape in WebAssembly on one thread; where elements have two words, 64 bits, one of their products is two or three of 32 bits. Then every kernel's rate.`,
    table(
      ['longer than float32', ...backends],
      products.map(({ line, toFloat32 }) => [line, ...backends.map((name) => cell(toFloat32[name]))]),
    ),
    table(
      ['billions a second', 'of', ...backends, 'JavaScript to WebAssembly'],
      lines.map(({ line, unit, amount, seconds, toJavaScript }) => [
        line,
        unit,
        ...backends.map((name) => rate(amount, seconds[name])),
        cell(toJavaScript.WebAssembly),
      ]),
    ),
  ];
  return { text: text.join('\n\n') };
}

/** A table and bars of passes on several networks. `more`: columns besides, and a condition's cells in them. */
function networkFigures<P extends NetworkPass>(
  { model, sequences, tokens, conditions }: { model: string; sequences: number; tokens: number; conditions: P[] },
  picturesName: string,
  more: { columns: string[]; cells(condition: P): string[] } = { columns: [], cells: () => [] },
): Part {
  const nameOf = ({ latency, bandwidth }: NetworkPass) =>
    `${Math.round(1000 * latency)} ms, ${formatCount(bandwidth / 1e6)} Mbit/s`;
  const rows = conditions.map((condition) => [
    nameOf(condition),
    duration(condition.network),
    duration(condition.foretold),
    duration(condition.seconds.median),
    ratio(condition.ratio),
    ...more.cells(condition),
  ]);
  const chart = bars(
    `A pass of ${model}, ${sequences} × ${tokens} tokens: seconds measured, and foretold (strokes)`,
    ['measured'],
    conditions.map((condition) => ({
      label: nameOf(condition),
      values: [condition.seconds.median],
      note: duration(condition.seconds.median),
      mark: condition.foretold,
    })),
  );
  const head = ['latency, bandwidth', 'network alone', 'foretold', 'measured', 'measured / foretold'];
  const text = [
    table([...head, ...more.columns], rows),
    picture(picturesName, `Seconds of a pass on ${conditions.length} networks beside what was foretold`),
  ];
  return { text: text.join('\n\n'), pictures: { [picturesName]: chart } };
}

const farthest = (conditions: readonly Pick<NetworkPass, 'ratio'>[]): string =>
  percent(Math.max(...conditions.map(({ ratio }) => Math.abs(ratio.median - 1))));

function renderNetwork(figures: Network): Part {
  const { model, sequences, tokens, compute, conditions } = figures;
  const { text, pictures } = networkFigures(figures, 'benchmarks-network.svg', {
    columns: ['two strands / one', 'prepared / dealt'],
    cells: ({ toWhole, toDealt }) => [ratio(toWhole), ratio(toDealt)],
  });
  const intro = `A pass of *${model}*, ${sequences} texts of ${tokens} tokens. The parties' and the dealer's line are shaped in memory, between three roles in one process, to a latency one way and a
bandwidth each way; no browser and no WebRTC is in it. *Foretold* goes through the plan round by round, as the pages do ([\`foretell.ts\`](../src/mpc/foretell.ts)): flights each way
at once, the dealer streaming ahead, and what computing takes without a network (${duration(compute.median)} here, measured in turn with the others). Measured medians are at most
${farthest(conditions)} % from it. *Two strands / one* is over the same pass walked whole ([decision 19](decisions/0019-two-strands.md)), both
with a dealer whose line has no limits, since what it sends would hide the difference. *Prepared / dealt* is the same pass prepared ahead ([decision 18](decisions/0018-known-halves-said-ahead.md)), for which nothing
is waited for but what the parties say, over the measured one.`;
  return { text: `${intro}\n\n${text}`, pictures };
}

function renderTabs(figures: Tabs): Part {
  const { model, sequences, tokens, carried, leftOut, computing, conditions } = figures;
  const { text, pictures } = networkFigures(figures, 'benchmarks-tabs.svg', {
    columns: ['as the page finds the line', 'measured / foretold on that'],
    cells: ({ found }) => [describe(found.line), ratio(found.ratio)],
  });
  const megabits = (bits: number) => `${formatCount(Math.round(bits / 1e6))} Mbit/s`;
  const left =
    leftOut.length > 0
      ? ` ${leftOut.map(megabits).join(' and ')} ${leftOut.length > 1 ? 'are' : 'is'} left out: the shaped line itself carries no more than ${megabits(carried)} here.`
      : '';
  const intro = `A pass of *${model}*, ${sequences} sequences of ${tokens} tokens, in two tabs of Chromium whose data channel has no way but through a TURN server (coturn), and through a
program before it that delays every packet, half of the way on each side, and lets no more through than the bandwidth, with a queue of 200 ms. The lines to the server, which deals, are
delayed and narrowed alike, but lose nothing and are as fast at their beginning as later.${left} Tabs, server, relay and shaper share the cores of one
machine. A session for each line, and of its run the passes after the first two, each from its beginning to the next one's. *Foretold* is the plan round by round
([\`foretell.ts\`](../src/mpc/foretell.ts)), with ${duration(computing.median)} for computing, which is a pass on a line without limits: on the line as it is shaped, and in the last column as the data
owner's page finds it before the run, by which pages go. Measured medians are at most ${farthest(conditions)} % from the former and ${farthest(conditions.map(({ found }) => found))} % from the latter. Where bandwidth times latency is large, browsers use less of the line than there is: their
congestion window grows by a packet a round trip once something was lost, as in the buffers of coturn and of the browsers, which hold some 50 packets.`;
  return { text: `${intro}\n\n${text}`, pictures };
}

const searchOf = ({ task, shots, generations, accuracy, clearAccuracy }: Privacy['searches'][number]) =>
  `*${task}*, ${shots} examples a class, ${generations} generations, ${percent(accuracy)} % on shares and ${percent(clearAccuracy)} % in the clear`;

function renderPrivacy({ model, task, shots, generations, runs, searches }: Privacy): Part {
  const rows = runs.map((run) => [
    run.method,
    String(run.sequences),
    duration(run.seconds),
    duration(run.clearSeconds),
    times(run.seconds / run.clearSeconds),
    percent(run.accuracy),
    percent(run.clearAccuracy),
    String(run.rounds),
    formatBytes(online(run.bytes)),
    formatBytes(run.bytes.dealt),
  ]);
  const text = [
    `*${task}* with *${model}*, ${shots} examples a class, a search of ${generations} generations: in two tabs of a browser on this machine with the dealer on its server, and in the clear with
the same seed, examples and code (the forward passes there by jax-js, and the second time, since the first compiles). Seconds are from the start to the result, with all texts that
it is measured on. One run each.`,
    table(
      [
        'method',
        'sequences',
        'on shares',
        'in the clear',
        'longer',
        'accuracy',
        'in the clear',
        'rounds',
        'between the parties',
        'dealt',
      ],
      rows,
    ),
    ...(searches.length > 0
      ? [
          `Whole searches for a prompt: ${searches.map(searchOf).join('; ')} ([all methods and tasks](accuracy.md#under-mpc)).`,
        ]
      : []),
  ];
  return { text: text.join('\n\n') };
}
