/** What shares a gate: things sorted by the range that each needs, cut into groups that each pay for their widest. */

export interface Grouping {
  /** Places of the things, group after group. */
  order: number[];
  /** Of things, by group. */
  counts: number[];
}

/**
 * The cheapest cut of things into at most `most` groups. A group costs (its number of things) · (the largest of their `ranges`) +
 * `groupCost`.
 */
export function inGroups(ranges: readonly number[], groupCost: number, most: number): Grouping {
  const order = ranges.map((_, i) => i).sort((a, b) => ranges[a]! - ranges[b]!);
  const n = order.length;
  /** By number of things: the least cost of the first so many, where their last group begins, and how many groups there are. */
  let best = [{ cost: 0, cuts: [] as number[] }, ...order.map(() => ({ cost: Infinity, cuts: [] as number[] }))];
  let cheapest = { cost: Infinity, cuts: [] as number[] };
  for (let groups = 1; groups <= Math.min(most, n); groups++) {
    const next = best.map(() => ({ cost: Infinity, cuts: [] as number[] }));
    for (let to = groups; to <= n; to++) {
      const widest = ranges[order[to - 1]!]!;
      for (let from = groups - 1; from < to; from++) {
        const cost = best[from]!.cost + (to - from) * widest + groupCost;
        if (cost < next[to]!.cost) next[to] = { cost, cuts: [...best[from]!.cuts, to] };
      }
    }
    best = next;
    if (best[n]!.cost < cheapest.cost) cheapest = best[n]!;
  }
  return { order, counts: cheapest.cuts.map((to, i) => to - (cheapest.cuts[i - 1] ?? 0)) };
}
