/**
 * The charts, which weigh more than the pages around them: fetched behind those, but before there is anything to draw, since the server may be
 * gone by then.
 */
import { type ComponentProps, lazy, memo, Suspense, useDeferredValue } from 'react';

const runCharts = import('./RunCharts');
const passCharts = import('./PassCharts');

const Run = memo(lazy(async () => ({ default: (await runCharts).RunCharts })));
const Pass = memo(lazy(async () => ({ default: (await passCharts).PassCharts })));

const waiting = <p className="muted">Loading the charts…</p>;

/** Drawn when nothing else is to be done: four charts at once would hold up the page at every generation. */
export function RunCharts(props: ComponentProps<typeof Run>) {
  const shown = useDeferredValue(props);
  return (
    <Suspense fallback={waiting}>
      <Run {...shown} />
    </Suspense>
  );
}

/** Likewise, at every pass. */
export function PassCharts(props: ComponentProps<typeof Pass>) {
  const shown = useDeferredValue(props);
  return (
    <Suspense fallback={waiting}>
      <Pass {...shown} />
    </Suspense>
  );
}
