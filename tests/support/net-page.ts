/** What the browser tests call inside a page. */
export { Peer } from 'peerjs';
export * from '../../src/net/channel';
export * from '../../src/net/code';
export * from '../../src/net/frames';
export * from '../../src/net/guest';
export * from '../../src/net/host';
export * from '../../src/net/keepalive';
export * from '../../src/net/port';
export * from '../../src/net/probe';
export * from '../../src/net/signalling';
export * from '../../src/net/websocket';
