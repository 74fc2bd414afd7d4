/** This page's part in a session: the one there is, if any. */
import type { Command } from '../../src/session/messages';
import type { PartyTab } from './tab';

let current: PartyTab | undefined;

export const currentParty = (): PartyTab | undefined => current;

export function setCurrentParty(party: PartyTab | undefined): void {
  current = party;
}

/** Nothing, where there is no session. */
export const send = (command: Command): void => current?.send(command);
