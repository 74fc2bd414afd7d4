import { lazy, Suspense, useMemo } from 'react';
import { Failure } from './components/Failure';
import { TabTitle } from './components/TabTitle';
import { TopBar } from './components/TopBar';
import { parseRoute, useHash } from './lib/route';
import { Lobby } from './pages/Lobby';

// A lobby does without all that a session needs.
const SessionPage = lazy(async () => ({ default: (await import('./pages/SessionPage')).SessionPage }));

export function App() {
  const hash = useHash();
  const route = useMemo(() => parseRoute(hash), [hash]);
  return (
    <>
      <TabTitle />
      <TopBar />
      <Failure key={hash}>
        {route.page === 'session' ? (
          <Suspense
            fallback={
              <main className="page">
                <p className="muted">Loading the session’s page…</p>
              </main>
            }
          >
            <SessionPage route={route} />
          </Suspense>
        ) : (
          <Lobby invitation={route.page === 'join' ? route : undefined} />
        )}
      </Failure>
    </>
  );
}
