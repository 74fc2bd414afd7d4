/**
 * One pass of a party over a plan. Each strand is walked by itself, in its own time (strand-walk.ts): strands share the line, on which their flights keep
 * their order.
 */
import { aheadPart, otherPart } from './ahead';
import { together } from './break-off';
import type { Plan } from './plan';
import { emptyReport, type PassReport } from './report';
import { type Common, StrandWalk, type WalkOptions } from './strand-walk';
import { InOrder, Waiting } from './strands';

/** The pass itself. What is opened, of every strand one behind the other, goes to the data owner. */
export async function walk(options: WalkOptions): Promise<{ output?: Float64Array; report: PassReport }> {
  const began = performance.now();
  const { plan, ahead, role } = options;
  const { common, strands } = begin(options, ahead && role === 'data-owner' ? otherPart(plan) : plan);
  const opened = await together(common.end, ...strands.map((strand) => strand.run()));
  const { report, waiting } = common;
  report.seconds = { total: (performance.now() - began) / 1000, ...waiting.seconds };
  return { output: joined(opened.flatMap((values) => values ?? [])), report };
}

/** The data owner's part of a pass that is prepared ahead. */
export async function sayAhead(options: WalkOptions): Promise<void> {
  const { common, strands } = begin(options, aheadPart(options.plan));
  await together(common.end, ...strands.map((strand) => strand.sayAhead()));
}

function begin(options: WalkOptions, part: Plan): { common: Common; strands: StrandWalk[] } {
  const { strands } = options.plan;
  const common = {
    end: new AbortController(),
    saying: new InOrder(strands),
    hearing: new InOrder(strands),
    recalling: new InOrder(strands),
    waiting: new Waiting(strands),
    report: emptyReport(),
    part,
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
