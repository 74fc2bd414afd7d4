/** What the server that this page came from says of itself: ways through firewalls, and whether it deals. */
import { create } from 'zustand';

interface ServerState {
  iceServers: RTCIceServer[];
  dealer: boolean;
}

export const useServer = create<ServerState>(() => ({ iceServers: [], dealer: true }));

let asked: Promise<void> | undefined;

/** Asks once. A server that says nothing (any static one) is taken to need no ICE servers. */
export function askServer(): Promise<void> {
  asked ??= fetch('/config.json')
    .then((response): Promise<Partial<ServerState>> => response.json())
    .then(({ iceServers = [], dealer = true }) => useServer.setState({ iceServers, dealer }))
    .catch(() => {});
  return asked;
}
