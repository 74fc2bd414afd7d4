/** Whether a host, as an address has it, is the machine that asks: nobody on the way could read what goes there. */
export const isThisMachine = (hostname: string): boolean =>
  /^(.+\.)?localhost$|^127(\.\d+){3}$|^\[::1\]$/.test(hostname);
