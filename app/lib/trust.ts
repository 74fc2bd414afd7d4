/** Who deals, who runs the server, and what that means here: in words, for one of the three. What others could do is in deviations.ts. */
import type { Met } from '../../src/net/authentication';
import { partyName } from '../../src/net/code';
import type { Role } from '../../src/session/messages';
import type { DealerPlace } from './route';

interface Known {
  role: Role;
  dealer: DealerPlace;
  /** The server's name and port, as the address has them. */
  server: string;
  ownServer: boolean;
  met: Partial<Record<Role, Met>>;
}

export interface Trust {
  dealer: string;
  server: string;
  /** Why the dealer is not neutral, where that is so. */
  partial?: string;
}

const SECRETS = { 'data-owner': 'the data owner’s texts', 'model-owner': 'the model’s weights' } as const;
const NAMES: Record<Role, string> = {
  'data-owner': partyName('data-owner'),
  'model-owner': partyName('model-owner'),
  dealer: 'the dealer',
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export function trust({ role, dealer, server, ownServer, met }: Known): Trust {
  const other = (['data-owner', 'model-owner', 'dealer'] as const).find((who) => met[who]?.ownServer);
  const runner = ownServer ? role : other;
  const hosted = dealer === 'server';
  const does = runner === role ? 'You run' : runner ? `${capital(NAMES[runner])} runs` : undefined;
  return {
    dealer: `${
      hosted
        ? `The server ${server} deals the randomness.`
        : 'A third person’s tab deals the randomness. Compare the digits with that person: anybody who was invited could have opened it.'
    } Alone it learns shapes, and how many bits the model’s values take.`,
    server: does
      ? `${does} the server: the page comes from the same machine. Whoever runs it controls what this page does, so the others have to trust that person with everything in their tabs.`
      : `${server} is run by whoever gave you its address, and may be run by one of you. That person controls what this page does: use a server that all of you trust.`,
    partial: hosted && runner && runner !== 'dealer' ? partialTo(runner, role) : undefined,
  };
}

/** A party that has the dealer's seeds at hand is the two who must not work together. */
function partialTo(runner: 'data-owner' | 'model-owner', role: Role): string {
  const secret = runner === 'data-owner' ? SECRETS['model-owner'] : SECRETS['data-owner'];
  const [who, could] = runner === role ? ['you run', 'You could'] : [`${NAMES[runner]} runs`, 'That person could'];
  return `This dealer is not neutral, since ${who} its server. ${could} read ${secret}. Let a third person deal in a tab of its own, unless that is all right with both of you.`;
}
