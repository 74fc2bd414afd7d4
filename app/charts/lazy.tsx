/**
 * The charts, which weigh more than the pages around them: fetched behind those, but before there is anything to draw, since the server may be
 * gone by then.
 */
import { type ComponentProps, lazy, Suspense } from 'react';

const runCharts = import('./RunCharts');
const passCharts = import('./PassCharts');

const Run = lazy(async () => ({ default: (await runCharts).RunCharts }));
const Pass = lazy(async () => ({ default: (await passCharts).PassCharts }));

const waiting = <p className="muted">Loading the charts…</p>;

export const RunCharts = (props: ComponentProps<typeof Run>) => (
  <Suspense fallback={waiting}>
    <Run {...props} />
  </Suspense>
);

export const PassCharts = (props: ComponentProps<typeof Pass>) => (
  <Suspense fallback={waiting}>
    <Pass {...props} />
  </Suspense>
);
