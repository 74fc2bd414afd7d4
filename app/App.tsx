import { useMemo } from 'react';
import { TopBar } from './components/TopBar';
import { parseRoute, useHash } from './lib/route';
import { Lobby } from './pages/Lobby';
import { SessionPage } from './pages/SessionPage';

export function App() {
  const hash = useHash();
  const route = useMemo(() => parseRoute(hash), [hash]);
  return (
    <>
      <TopBar />
      {route.page === 'session' ? (
        <SessionPage key={hash} route={route} />
      ) : (
        <Lobby key={hash} invitation={route.page === 'join' ? route : undefined} />
      )}
    </>
  );
}
