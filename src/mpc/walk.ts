/**
 * One pass of a party over a plan. Each strand is walked by itself, in its own time (strand-walk.ts): strands share the line, on which their flights keep
 * their order.
 */
import { together } from './break-off';
import { emptyReport, type PassReport } from './report';
import { type Common, StrandWalk, type WalkOptions } from './strand-walk';
import { InOrder } from './strands';

/** The pass itself. What is opened, of every strand one behind the other, goes to the data owner. */
export async function walk(options: WalkOptions): Promise<{ output?: Float64Array; report: PassReport }> {
  const began = performance.now();
  const { common, strands } = begin(options);
  const opened = await together(common.end, ...strands.map((strand) => strand.run()));
  const { report } = common;
  // The party waits where all of its strands do.
  const waited = (key: 'peer' | 'dealer') => Math.min(...strands.map((strand) => strand.waited[key]));
  report.seconds = { total: (performance.now() - began) / 1000, peer: waited('peer'), dealer: waited('dealer') };
  return { output: joined(opened.flatMap((values) => values ?? [])), report };
}

/** The data owner's part of a pass that is prepared ahead. */
export async function sayAhead(options: WalkOptions): Promise<void> {
  const { common, strands } = begin(options);
  await together(common.end, ...strands.map((strand) => strand.sayAhead()));
}

function begin(options: WalkOptions): { common: Common; strands: StrandWalk[] } {
  const { strands } = options.plan;
  const common = {
    end: new AbortController(),
    saying: new InOrder(strands),
    hearing: new InOrder(strands),
    recalling: new InOrder(strands),
    report: emptyReport(),
  };
  const walks = Array.from({ length: strands }, (_, strand) => new StrandWalk(options, common, strand));
  return { common, strands: walks };
}

function joined(parts: readonly Float64Array[]): Float64Array | undefined {
  if (parts.length < 2) return parts[0];
  const whole = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
