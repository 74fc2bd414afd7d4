import type { Role } from '../../src/session/messages';

export const ROLES: readonly Role[] = ['data-owner', 'model-owner', 'dealer'];

export const ROLE_NAME: Record<Role, string> = {
  'data-owner': 'data owner',
  'model-owner': 'model owner',
  dealer: 'dealer',
};

export const isRole = (text: string | null): text is Role => ROLES.includes(text as Role);

/** The two others of a session. */
export const othersOf = (role: Role): Role[] => ROLES.filter((other) => other !== role);
